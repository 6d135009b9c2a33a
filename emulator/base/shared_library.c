#include "shared_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool fill(struct shared_library *library, void *handle, struct error *error)
{
    for (size_t i = 0; i < library->count; i++) {
        void *address = dlsym(handle, library->names[i]);
        if (!address)
            return error_set(error, NULL, "%s has no %s", library->file, library->names[i]);
        memcpy((char *)library->functions + i * sizeof(address), &address, sizeof(address));
    }
    return true;
}

static bool load(struct shared_library *library, struct error *error)
{
    void *handle = dlopen(library->file, RTLD_LAZY | RTLD_LOCAL);
    return handle ? fill(library, handle, error) : error_set(error, NULL, "%s", dlerror());
}

bool shared_library_load(struct shared_library *library, struct error *error)
{
    pthread_mutex_lock(&lock);
    library->is_loaded = library->is_loaded || load(library, error);
    bool is_loaded = library->is_loaded;
    pthread_mutex_unlock(&lock);
    return is_loaded;
}
