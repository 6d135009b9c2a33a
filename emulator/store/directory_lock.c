#include "store/directory_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "xalloc.h"

static bool lock_whole(int fd, short type)
{
    struct flock whole = { .l_type = type, .l_whence = SEEK_SET };
    return fcntl(fd, F_SETLK, &whole) == 0;
}

static bool is_taken(void)
{
    return errno == EACCES || errno == EAGAIN;
}

int directory_lock(const char *directory, struct error *error)
{
    CLEANUP(freep) char *path = xformat("%s/lock", directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && lock_whole(fd, F_WRLCK))
        return fd;
    if (fd >= 0 && is_taken())
        error_set(error, NULL,
                  "%s is in use by another coalmine: stop that one, or say another --data-dir",
                  directory);
    else
        error_set(error, NULL, "cannot lock %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

bool directory_lock_shared(const char *directory)
{
    CLEANUP(freep) char *path = xformat("%s/lock", directory);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 || lock_whole(fd, F_RDLCK) || !is_taken();
}
