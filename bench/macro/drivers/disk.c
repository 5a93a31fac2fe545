/* What the disk does for a log: write a chunk after the last one, fdatasync, again.
 *
 *   disk FILE CHUNK_BYTES SECONDS
 *
 * The file is allocated first (fallocate) and written once, so that the measured writes change no metadata but the
 * times; at its end (1 GiB) the writing starts over, as a recycled log file does. Removes the file. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "common.h"

#define FILE_BYTES (1LL << 30)

int main(int argc, char **argv) {
  if (argc != 4) die("usage: disk FILE CHUNK_BYTES SECONDS");
  int64_t chunk = atoll(argv[2]);
  double seconds = atof(argv[3]);
  /* A short measurement (the smoke) needs no gigabyte. */
  int64_t bytes = seconds < 1 ? 64LL << 20 : FILE_BYTES;
  if (chunk < 1 || chunk > bytes) die("CHUNK_BYTES is 1 to %lld", (long long)bytes);
  int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) die("cannot open %s", argv[1]);
  unlink(argv[1]);
  if (posix_fallocate(fd, 0, bytes)) die("no room for %lld bytes beside %s", (long long)bytes, argv[1]);

  size_t block = 4 << 20;
  char *data = malloc(block > (size_t)chunk ? block : (size_t)chunk);
  if (!data) die("no memory");
  for (size_t i = 0; i < (block > (size_t)chunk ? block : (size_t)chunk); i++) data[i] = (char)(i * 31 + (i >> 12));
  for (int64_t at = 0; at < bytes; at += (int64_t)block)
    if (pwrite(fd, data, block, at) != (ssize_t)block) die("the first write fails");
  if (fsync(fd)) die("fsync fails");

  samples_t samples = samples_new((size_t)(seconds * 200000) + 1000);
  int64_t at = 0, total = 0, start = now_ns(), end = start + (int64_t)(seconds * NS_PER_S), now = start;
  while (now < end) {
    if (at + chunk > bytes) at = 0;
    if (pwrite(fd, data, (size_t)chunk, at) != (ssize_t)chunk || fdatasync(fd)) die("a write fails");
    int64_t after = now_ns();
    samples_add(&samples, after - now);
    now = after;
    at += chunk;
    total += chunk;
  }
  double took = (double)(now - start) / 1e9;
  samples_sort(&samples);
  printf("{\"bytes\":%lld,\"mb_per_s\":%.2f,", (long long)total, (double)total / took / 1e6);
  samples_print(&samples);
  return 0;
}
