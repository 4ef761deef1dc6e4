/*
 * The basic set and true peak in plain C, to measure the WASM kernels against: the same results from the same
 * interleaved Int32 blocks. Both loop orders are here (a channel at a time, a frame at a time); the bench reports the
 * faster one. Usage: native <basic-channels|basic-frames|truepeak> <channels> <frames> <repeats>
 * Prints nanoseconds of processor time per sample per channel and a checksum of the results.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_CHANNELS 64
#define HISTORY 11

static struct {
  int32_t peak[MAX_CHANNELS], or[MAX_CHANNELS], and[MAX_CHANNELS], equal[MAX_CHANNELS], overs[MAX_CHANNELS];
  int32_t clips[MAX_CHANNELS], run[MAX_CHANNELS];
  uint64_t squares[MAX_CHANNELS];
  int64_t sum[MAX_CHANNELS];
  int64_t true_peak[MAX_CHANNELS];
  uint32_t *equal_lo, *equal_hi, *zero_lo, *zero_hi;
} r;

static const int32_t full_scale = 8388607, clip_run = 3;

__attribute__((noinline)) static void basic_by_channel(const int32_t *in, int channels, int frames) {
  memset(r.equal_lo, 0, frames * 4);
  memset(r.equal_hi, 0, frames * 4);
  memset(r.zero_lo, 0, frames * 4);
  memset(r.zero_hi, 0, frames * 4);
  for (int c = 0; c < channels; c++) {
    const int32_t *at = in + c;
    int32_t before = at[-channels], peak = 0, any = 0, all = -1, equal = 0, overs = 0, clips = 0, run = r.run[c];
    uint64_t squares = 0;
    int64_t sum = 0;
    uint32_t *equal_mask = c < 32 ? r.equal_lo : r.equal_hi, *zero_mask = c < 32 ? r.zero_lo : r.zero_hi;
    const int bit = c & 31;
    for (int n = 0; n < frames; n++) {
      int32_t word = at[(size_t)n * channels], x = word >> 8, size = x < 0 ? -x : x;
      if (size > peak) peak = size;
      any |= word;
      all &= word;
      sum += x;
      squares += (int64_t)x * x;
      uint32_t same = word == before;
      equal += same;
      equal_mask[n] |= same << bit;
      zero_mask[n] |= (uint32_t)(word == 0) << bit;
      if (size >= full_scale) {
        overs++;
        if (++run == clip_run) clips++;
      } else
        run = 0;
      before = word;
    }
    r.peak[c] = peak, r.or[c] = any, r.and[c] = all, r.equal[c] = equal, r.overs[c] = overs, r.clips[c] = clips;
    r.run[c] = run, r.squares[c] = squares, r.sum[c] = sum;
  }
}

__attribute__((noinline)) static void basic_by_frame(const int32_t *in, int channels, int frames) {
  for (int c = 0; c < channels; c++) {
    r.peak[c] = r.or[c] = r.equal[c] = r.overs[c] = r.clips[c] = 0;
    r.and[c] = -1;
    r.squares[c] = r.sum[c] = 0;
  }
  for (int n = 0; n < frames; n++) {
    const int32_t *at = in + (size_t)n * channels, *before = at - channels;
    uint64_t equal_mask = 0, zero_mask = 0;
    for (int c = 0; c < channels; c++) {
      int32_t word = at[c], x = word >> 8, size = x < 0 ? -x : x;
      r.peak[c] = size > r.peak[c] ? size : r.peak[c];
      r.or[c] |= word;
      r.and[c] &= word;
      r.sum[c] += x;
      r.squares[c] += (int64_t)x * x;
      r.equal[c] += word == before[c];
    }
    for (int c = 0; c < channels; c++) {
      equal_mask |= (uint64_t)(at[c] == before[c]) << c;
      zero_mask |= (uint64_t)(at[c] == 0) << c;
    }
    r.equal_lo[n] = equal_mask, r.equal_hi[n] = equal_mask >> 32, r.zero_lo[n] = zero_mask, r.zero_hi[n] = zero_mask >> 32;
  }
  /* Overs as the kernels do them: only where the block reached full scale. */
  for (int c = 0; c < channels; c++) {
    if (r.peak[c] < full_scale) {
      r.run[c] = 0;
      continue;
    }
    for (int n = 0; n < frames; n++) {
      int32_t x = in[(size_t)n * channels + c] >> 8;
      if ((x < 0 ? -x : x) >= full_scale) {
        r.overs[c]++;
        if (++r.run[c] == clip_run) r.clips[c]++;
      } else
        r.run[c] = 0;
    }
  }
}

/* Mirrored phases folded: 24 multiplies for 48 taps, 64-bit sums. */
static const int32_t even[2][6] = {{-54, 212, -379, 662, -1325, 9089}, {-394, 511, -901, 1562, -3005, 10198}};
static const int32_t odd[2][6] = {{82, -32, 57, -118, 351, -6839}, {-84, -31, 53, -102, 277, -2578}};

__attribute__((noinline)) static void true_peak(const int32_t *in, int channels, int frames) {
  for (int c = 0; c < channels; c++) {
    int32_t line[HISTORY + 1920];
    for (int n = 0; n < frames + HISTORY; n++) line[n] = in[((long)n - HISTORY) * channels + c] >> 8;
    int64_t peak = 0;
    for (int n = 0; n < frames; n++) {
      for (int p = 0; p < 2; p++) {
        int64_t a = 0, b = 0;
        for (int k = 0; k < 6; k++) {
          int32_t newer = line[n + HISTORY - k], older = line[n + k];
          a += (int64_t)even[p][k] * (newer + older);
          b += (int64_t)odd[p][k] * (newer - older);
        }
        int64_t y = (a < 0 ? -a : a) + (b < 0 ? -b : b);
        if (y > peak) peak = y;
      }
    }
    r.true_peak[c] = peak;
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int channels = atoi(argv[2]), frames = atoi(argv[3]), repeats = atoi(argv[4]);
  int32_t *memory = calloc((size_t)(frames + HISTORY) * channels + 64, 4), *in = memory + HISTORY * channels;
  r.equal_lo = calloc(frames, 4), r.equal_hi = calloc(frames, 4), r.zero_lo = calloc(frames, 4), r.zero_hi = calloc(frames, 4);
  if (fread(in, 4, (size_t)frames * channels, stdin) != (size_t)frames * channels) return 3;
  void (*run)(const int32_t *, int, int) = !strcmp(argv[1], "basic-channels") ? basic_by_channel
                                           : !strcmp(argv[1], "basic-frames") ? basic_by_frame
                                                                              : true_peak;
  struct timespec from, to;
  run(in, channels, frames);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
  for (int i = 0; i < repeats; i++) run(in, channels, frames);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
  uint64_t check = 0;
  for (int c = 0; c < channels; c++)
    check = check * 31 + r.squares[c] + r.sum[c] + r.peak[c] + r.equal[c] + r.true_peak[c] + r.or[c] + r.and[c];
  double ns = (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec);
  printf("%.5f %llu\n", ns / repeats / frames / channels, (unsigned long long)check);
  return 0;
}
