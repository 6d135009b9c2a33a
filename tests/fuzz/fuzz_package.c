/* Zips: unpacked whole into their own directory, or nothing is left; nothing else is touched. */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/package.h"
#include "support/fuzz_directory.h"
#include "xalloc.h"

static char *directory;

static int entry_count(void)
{
    int count = 0;
    DIR *entries = opendir(directory);
    const struct dirent *entry;
    fuzz_assert(entries);
    while ((entry = readdir(entries)))
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(entries);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = { 0 };
    struct stat status;
    if (!directory)
        directory = fuzz_directory();
    char *target = xformat("%s/code", directory);
    enum package_fault fault =
        package_unpack((struct text){ (const char *)data, size }, target, &error);
    fuzz_assert(fault != PACKAGE_IO);
    fuzz_assert((lstat(target, &status) == 0) == (fault == PACKAGE_OK));
    fuzz_assert(entry_count() == (fault == PACKAGE_OK));
    package_remove(target);
    fuzz_assert(entry_count() == 0);
    error_clear(&error);
    free(target);
    return 0;
}
