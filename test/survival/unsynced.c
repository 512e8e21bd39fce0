/*
 * Stands between a process and the files under one folder (LD_PRELOAD). It writes down each change and each flush in order, so that the
 * disk can be rebuilt as a power loss would have left it, and makes chosen writes and flushes fail.
 *
 *   UNSYNCED_FOLDER   the folder that is watched
 *   UNSYNCED_JOURNAL  where changes are written down; none when absent
 *   UNSYNCED_PRETEND  flushes of files whose name ends so are only pretended ("*": of all files)
 *   UNSYNCED_FAIL     "write:3:EIO": the write number 3 from 0 fails; "sync:0:ENOSPC" likewise
 *   UNSYNCED_OF       only writes and flushes of files whose name ends so are counted; of all when absent
 *   UNSYNCED_AFTER    counting begins once this file exists; at once when absent
 *   UNSYNCED_FULL     while this file exists no write finds space
 *
 * A record of the journal is: kind, length of the name, offset, length of the data, number of the record where a flush began; name; data.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_FILES 65536

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *names[MOST_FILES];
static const char *folder, *pretend, *of, *after, *full;
static int journal = -1, fail_number = -1, fail_errno = EIO, counted = 0, armed = 0;
static char fail_kind = 0;
static uint64_t records = 0;

static int (*real_open)(const char *, int, ...);
static int (*real_open64)(const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off64_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_ftruncate64)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);

__attribute__((constructor)) static void begin(void) {
  real_open = dlsym(RTLD_NEXT, "open");
  real_open64 = dlsym(RTLD_NEXT, "open64");
  real_close = dlsym(RTLD_NEXT, "close");
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite");
  real_pwrite64 = dlsym(RTLD_NEXT, "pwrite64");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
  real_ftruncate64 = dlsym(RTLD_NEXT, "ftruncate64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_rename = dlsym(RTLD_NEXT, "rename");
  folder = getenv("UNSYNCED_FOLDER");
  pretend = getenv("UNSYNCED_PRETEND");
  of = getenv("UNSYNCED_OF");
  after = getenv("UNSYNCED_AFTER");
  full = getenv("UNSYNCED_FULL");
  const char *fail = getenv("UNSYNCED_FAIL");
  char kind[8], code[8];
  if (fail && sscanf(fail, "%7[a-z]:%d:%7[A-Z]", kind, &fail_number, code) == 3) {
    fail_kind = kind[0];
    fail_errno = strcmp(code, "ENOSPC") == 0 ? ENOSPC : EIO;
  }
  const char *path = getenv("UNSYNCED_JOURNAL");
  if (path) journal = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int ends(const char *name, const char *end) {
  size_t a = strlen(name), b = strlen(end);
  return a >= b && strcmp(name + a - b, end) == 0;
}

static const char *watched(const char *path) {
  return folder && path && strncmp(path, folder, strlen(folder)) == 0 ? path : NULL;
}

static const char *name_of(int fd) { return fd >= 0 && fd < MOST_FILES ? names[fd] : NULL; }

/* The index beside a write-ahead log is made anew after a power loss: what it holds does not matter. */
static int kept(const char *name) { return !ends(name, "-shm"); }

static void put(const void *data, size_t length) {
  const char *next = data;
  while (length > 0) {
    long written = syscall(SYS_write, journal, next, length);
    if (written <= 0) abort();
    next += written;
    length -= (size_t)written;
  }
}

static void note(char kind, const char *name, uint64_t offset, const void *data, uint64_t length, uint64_t began) {
  if (journal < 0 || !kept(name)) return;
  uint64_t head[5] = {(uint64_t)kind, strlen(name), offset, length, began};
  put(head, sizeof head);
  put(name, strlen(name));
  if (length > 0) put(data, length);
  records += 1;
}

/* Whether this write or flush is the one that fails; what is said aside (.acks) never does. */
static int fails(char kind, const char *name) {
  if (ends(name, ".acks")) return 0;
  if (kind == 'w' && full && syscall(SYS_faccessat, AT_FDCWD, full, F_OK, 0) == 0) {
    errno = ENOSPC;
    return 1;
  }
  if (kind != fail_kind || (of && !ends(name, of))) return 0;
  if (!armed && after && syscall(SYS_faccessat, AT_FDCWD, after, F_OK, 0) != 0) return 0;
  armed = 1;
  if (counted++ != fail_number) return 0;
  errno = fail_errno;
  return 1;
}

static int opened(int fd, const char *path, int is_new) {
  if (fd < 0 || fd >= MOST_FILES) return fd;
  free(names[fd]);
  names[fd] = watched(path) ? strdup(path) : NULL;
  if (names[fd] && is_new) note('C', path, 0, NULL, 0, 0);
  return fd;
}

static int do_open(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  pthread_mutex_lock(&lock);
  int is_new = (flags & O_CREAT) && watched(path) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK, 0) != 0;
  int fd = opened(real(path, flags, mode), path, is_new);
  int kept_errno = errno;
  if (fd >= 0 && !is_new && (flags & O_TRUNC) && name_of(fd)) note('T', path, 0, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  errno = kept_errno;
  return fd;
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | __O_TMPFILE)) { \
    va_list list; \
    va_start(list, flags); \
    mode = va_arg(list, mode_t); \
    va_end(list); \
  }

int open(const char *path, int flags, ...) {
  MODE(flags)
  return do_open(real_open, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags)
  return do_open(real_open64, path, flags, mode);
}

int close(int fd) {
  pthread_mutex_lock(&lock);
  if (fd >= 0 && fd < MOST_FILES) {
    free(names[fd]);
    names[fd] = NULL;
  }
  int result = real_close(fd);
  pthread_mutex_unlock(&lock);
  return result;
}

static ssize_t do_pwrite(int fd, const void *data, size_t length, off64_t offset) {
  pthread_mutex_lock(&lock);
  const char *name = name_of(fd);
  ssize_t written = name && fails('w', name) ? -1 : real_pwrite64(fd, data, length, offset);
  int kept_errno = errno;
  if (name && written > 0) note('W', name, (uint64_t)offset, data, (uint64_t)written, 0);
  if (name && written < 0) note('F', name, (uint64_t)offset, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  errno = kept_errno;
  return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  return name_of(fd) ? do_pwrite(fd, data, length, offset) : real_pwrite(fd, data, length, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  return name_of(fd) ? do_pwrite(fd, data, length, offset) : real_pwrite64(fd, data, length, offset);
}

ssize_t write(int fd, const void *data, size_t length) {
  if (!name_of(fd)) return real_write(fd, data, length);
  pthread_mutex_lock(&lock);
  const char *name = name_of(fd);
  struct stat about;
  int appends = fcntl(fd, F_GETFL) & O_APPEND;
  off_t offset = appends && fstat(fd, &about) == 0 ? about.st_size : lseek(fd, 0, SEEK_CUR);
  ssize_t written = name && fails('w', name) ? -1 : real_write(fd, data, length);
  int kept_errno = errno;
  if (name && written > 0) note('W', name, (uint64_t)offset, data, (uint64_t)written, 0);
  if (name && written < 0) note('F', name, (uint64_t)offset, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  errno = kept_errno;
  return written;
}

static int do_truncate(int fd, off64_t size) {
  pthread_mutex_lock(&lock);
  const char *name = name_of(fd);
  int result = real_ftruncate64(fd, size);
  int kept_errno = errno;
  if (name && result == 0) note('T', name, (uint64_t)size, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  errno = kept_errno;
  return result;
}

int ftruncate(int fd, off_t size) { return name_of(fd) ? do_truncate(fd, size) : real_ftruncate(fd, size); }
int ftruncate64(int fd, off64_t size) { return name_of(fd) ? do_truncate(fd, size) : real_ftruncate64(fd, size); }

/* The lock is not held during the flush; what is written meanwhile does not count as flushed. */
static int do_sync(int (*real)(int), int fd) {
  pthread_mutex_lock(&lock);
  const char *name = name_of(fd);
  char *copy = name ? strdup(name) : NULL;
  uint64_t began = records;
  int failing = copy && fails('s', copy);
  int kept_errno = errno;
  pthread_mutex_unlock(&lock);
  if (copy && pretend && (strcmp(pretend, "*") == 0 || ends(copy, pretend))) {
    free(copy);
    return 0;
  }
  int result = -1;
  if (!failing) {
    result = real(fd);
    kept_errno = errno;
  }
  if (copy) {
    struct stat about;
    int is_folder = fstat(fd, &about) == 0 && S_ISDIR(about.st_mode);
    pthread_mutex_lock(&lock);
    note(result != 0 ? 'L' : is_folder ? 'D' : 'S', copy, 0, NULL, 0, began);
    pthread_mutex_unlock(&lock);
    free(copy);
  }
  errno = kept_errno;
  return result;
}

int fsync(int fd) { return name_of(fd) ? do_sync(real_fsync, fd) : real_fsync(fd); }
int fdatasync(int fd) { return name_of(fd) ? do_sync(real_fdatasync, fd) : real_fdatasync(fd); }

int unlink(const char *path) {
  pthread_mutex_lock(&lock);
  int result = real_unlink(path);
  int kept_errno = errno;
  if (result == 0 && watched(path)) note('U', path, 0, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  errno = kept_errno;
  return result;
}

int rename(const char *from, const char *to) {
  pthread_mutex_lock(&lock);
  int result = real_rename(from, to);
  int kept_errno = errno;
  if (result == 0 && watched(from)) note('R', from, 0, to, strlen(to), 0);
  pthread_mutex_unlock(&lock);
  errno = kept_errno;
  return result;
}
