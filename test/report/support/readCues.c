/* Prints each cue of a file as libsndfile reads it: sample and name. */
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  SF_INFO info = {0};
  SNDFILE *file = argc == 2 ? sf_open(argv[1], SFM_READ, &info) : NULL;
  uint32_t count = 0;
  if (file == NULL || !sf_command(file, SFC_GET_CUE_COUNT, &count, sizeof count)) return 1;
  size_t size = sizeof(uint32_t) + count * sizeof(SF_CUE_POINT);
  SF_CUES *cues = calloc(1, size);
  if (!sf_command(file, SFC_GET_CUE, cues, (int)size)) return 1;
  for (uint32_t i = 0; i < count; i++) printf("%u\t%s\n", cues->cue_points[i].sample_offset, cues->cue_points[i].name);
  return 0;
}
