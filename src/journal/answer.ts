/** One question to a store, answered. */
import { assertNever } from '../fault.ts';
import type { Question } from './messages.ts';
import type { JournalStore } from './shapes.ts';

export function answerQuestion(store: JournalStore, question: Question): unknown {
  const session = (told: number) => (told === 0 ? store.session : told);
  switch (question.kind) {
    case 'sessions':
      return store.sessions();
    case 'events':
      return store.events({ ...question.query, session: session(question.query.session) });
    case 'marks':
      return store.marks({ ...question.query, session: session(question.query.session) });
    case 'levels':
      return store.levels(session(question.session), question.fromS, question.toS, question.stepS);
    case 'clocks':
      return store.clocks(session(question.session));
    case 'streams':
      return store.streams(session(question.session));
    case 'takes':
      return store.takes(session(question.session));
    default:
      return assertNever(question);
  }
}
