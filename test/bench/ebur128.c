/*
 * libebur128 on the same blocks. Its peak modes always run the K-weighting too (EBUR128_MODE_M), so `sample` stands for
 * that and `true` for that with true peak. Usage: ebur128 <sample|true> <channels> <frames> <repeats>
 */
#include <ebur128.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int channels = atoi(argv[2]), frames = atoi(argv[3]), repeats = atoi(argv[4]);
  int *in = calloc((size_t)frames * channels, sizeof(int));
  if (fread(in, 4, (size_t)frames * channels, stdin) != (size_t)frames * channels) return 3;
  int mode = !strcmp(argv[1], "true") ? EBUR128_MODE_TRUE_PEAK : EBUR128_MODE_SAMPLE_PEAK;
  ebur128_state *state = ebur128_init(channels, 48000, mode);
  if (!state) return 4;
  struct timespec from, to;
  ebur128_add_frames_int(state, in, frames);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
  for (int i = 0; i < repeats; i++) ebur128_add_frames_int(state, in, frames);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
  double peak = 0, ns = (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec);
  if (mode == EBUR128_MODE_TRUE_PEAK) ebur128_true_peak(state, 0, &peak);
  else ebur128_sample_peak(state, 0, &peak);
  printf("%.5f %.6f\n", ns / repeats / frames / channels, peak);
  ebur128_destroy(&state);
  return 0;
}
