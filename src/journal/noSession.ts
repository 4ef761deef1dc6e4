import type { Fault } from '../fault.ts';

export const NO_SESSION: Fault = {
  code: 'journal-no-session',
  what: 'The journal has no such session: it never was, or is forgotten.',
  fix: 'Ask for the list: GET /api/journal/sessions.',
};
