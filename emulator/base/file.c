#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "buffer.h"

char *file_read(const char *path, size_t ceiling, size_t *size_out, struct error *error)
{
    CLEANUP(buffer_clear) struct buffer bytes;
    buffer_init(&bytes, ceiling);
    FILE *file = fopen(path, "rbe");
    char chunk[65536];
    size_t size;
    bool fits = true;
    while (file && fits && (size = fread(chunk, 1, sizeof(chunk), file)) > 0)
        fits = buffer_add(&bytes, chunk, size);
    bool is_whole = file && fits && !ferror(file);
    if (!fits)
        error_set(error, NULL, "%s has more than %zu bytes", path, ceiling);
    else if (!is_whole)
        error_set(error, NULL, "cannot read %s: %s", path, strerror(errno));
    if (file)
        fclose(file);
    return is_whole ? buffer_take(&bytes, size_out) : NULL;
}

bool file_write(int fd, struct text bytes)
{
    while (bytes.size) {
        ssize_t count = write(fd, bytes.data, bytes.size);
        if (count < 0 && errno != EINTR)
            return false;
        if (count > 0) {
            bytes.data += count;
            bytes.size -= (size_t)count;
        }
    }
    return true;
}

bool file_sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    int failure = errno;
    if (fd >= 0)
        close(fd);
    errno = failure;
    return is_synced;
}

bool file_make_private(const char *path, struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || errno == EEXIST ||
           error_set(error, NULL, "cannot make %s: %s", path, strerror(errno));
}

const char *home_directory(void)
{
    const char *home = getenv("HOME");
    const struct passwd *user = home && *home ? NULL : getpwuid(getuid());
    return home && *home ? home : user && user->pw_dir ? user->pw_dir : "";
}
