/* A disk on which whatever changes a file takes its time: loaded before a program by LD_PRELOAD.
   Microseconds of each change in SLOW_DISK_US; a flush takes five times as long. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static void take_time(int times)
{
    const char *said = getenv("SLOW_DISK_US");
    long us = (said ? atol(said) : 0) * times;
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

static int is_a_file(int fd)
{
    struct stat found;
    return fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
}

#define SLOW(type, name, parameters, arguments, how_slow)                  \
    type name parameters                                                   \
    {                                                                      \
        static type(*real) parameters;                                     \
        if (!real)                                                         \
            real = dlsym(RTLD_NEXT, #name);                                \
        how_slow;                                                          \
        return real arguments;                                             \
    }

SLOW(int, fsync, (int fd), (fd), take_time(5))
SLOW(int, fdatasync, (int fd), (fd), take_time(5))
SLOW(int, rename, (const char *from, const char *to), (from, to), take_time(1))
SLOW(int, unlink, (const char *path), (path), take_time(1))
SLOW(int, ftruncate64, (int fd, off64_t size), (fd, size), take_time(1))
SLOW(ssize_t, write, (int fd, const void *from, size_t bytes), (fd, from, bytes), if (is_a_file(fd)) take_time(1))
SLOW(ssize_t, pwrite64, (int fd, const void *from, size_t bytes, off64_t at), (fd, from, bytes, at),
     if (is_a_file(fd)) take_time(1))
