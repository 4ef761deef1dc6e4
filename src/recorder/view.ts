/** How the recorder is: its part of the Snapshot. */
import { type Static, Type } from 'typebox';

export const RecorderView = Type.Object(
  {
    state: Type.Enum(['noDisk', 'armed', 'recording', 'faulted'], {
      description:
        'noDisk: nowhere to record to. armed: the seconds before a take are kept in memory. recording. faulted: the disk failed; tried again at the next take, or when it is back.',
    }),
    folder: Type.Union([Type.String(), Type.Null()], { description: 'Where recordings go.' }),
    file: Type.Union([Type.String(), Type.Null()], { description: 'The file under way, else the last one.' }),
    minutesLeft: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: 'What still fits on the disk at the present rate and channels.',
    }),
    preRollS: Type.Number({ minimum: 0, description: 'Seconds before the take that would be in the file now.' }),
    recordedS: Type.Number({ minimum: 0, description: 'Length of the file under way, pre-roll included.' }),
    lostFrames: Type.Integer({
      minimum: 0,
      description: 'Frames that the disk was too slow for, or that never came; silence stands in their place.',
    }),
    fault: Type.Union([Type.Object({ code: Type.String(), what: Type.String(), fix: Type.String() }), Type.Null()]),
  },
  { description: 'The safety recorder.' },
);
export type RecorderView = Static<typeof RecorderView>;

/** What crosses to the recorder's worker. */
export interface RecorderOptions {
  readonly folder: string | null;
  readonly allowInternal: boolean;
  readonly preRollS: number;
}

export type ToRecorder =
  | { readonly kind: 'start'; readonly name: string; readonly trackNames: readonly string[] }
  | { readonly kind: 'stop' }
  | { readonly kind: 'options'; readonly options: RecorderOptions }
  | { readonly kind: 'close' };

export type FromRecorder =
  | { readonly kind: 'view'; readonly view: RecorderView }
  /** Said once: for the journal and the log. */
  | {
      readonly kind: 'said';
      readonly severity: 'alarm' | 'warning' | 'info';
      readonly text: string;
      readonly detail: Record<string, unknown>;
    }
  | { readonly kind: 'bug'; readonly stack: string };

export interface RecorderWorkerData {
  readonly ring: SharedArrayBuffer;
  readonly options: RecorderOptions;
}
