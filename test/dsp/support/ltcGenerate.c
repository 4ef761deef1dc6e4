/* Timecode by libltc, raw 8-bit mono to stdout: ltcGenerate <rate> <fps> <df 0|1> <hh> <mm> <ss> <ff> <frames> <volume dBFS>. */
#include <ltc.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc != 10) return 1;
  double rate = atof(argv[1]), fps = atof(argv[2]);
  LTCEncoder *encoder =
      ltc_encoder_create(rate, fps, fps == 25.0 ? LTC_TV_625_50 : fps < 25.0 ? LTC_TV_FILM_24 : LTC_TV_525_60, 0);
  SMPTETimecode time = {.hours = atoi(argv[4]), .mins = atoi(argv[5]), .secs = atoi(argv[6]), .frame = atoi(argv[7])};
  ltc_encoder_set_timecode(encoder, &time);
  LTCFrame frame;
  ltc_encoder_get_frame(encoder, &frame);
  frame.dfbit = atoi(argv[3]);
  ltc_encoder_set_frame(encoder, &frame);
  ltc_encoder_set_volume(encoder, atof(argv[9]));
  for (int n = atoi(argv[8]); n > 0; n--) {
    ltc_encoder_encode_frame(encoder);
    int bytes = 0;
    ltcsnd_sample_t *samples = ltc_encoder_get_bufptr(encoder, &bytes, 1);
    fwrite(samples, 1, bytes, stdout);
    ltc_encoder_inc_timecode(encoder);
  }
  ltc_encoder_free(encoder);
  return 0;
}
