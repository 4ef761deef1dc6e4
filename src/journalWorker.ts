/** Root of the journal's worker: opens the journal and serves it, so that no disk ever holds the rest. */
import { parentPort, workerData } from 'node:worker_threads';
import { assertNever } from './fault.ts';
import { HeapWatch } from './heap.ts';
import { answerQuestion } from './journal/answer.ts';
import { JournalKeeper } from './journal/keeper.ts';
import type { FromJournal, JournalWorkerData, ToJournal } from './journal/messages.ts';
import { loadSqlite } from './journal/sqliteStore.ts';

const port = parentPort;
if (port === null) throw new Error('the journal worker runs as a worker thread only');
const data = workerData as JournalWorkerData;
const post = (message: FromJournal) => port.postMessage(message);

try {
  const keeper = new JournalKeeper({
    sqlite: loadSqlite(),
    file: data.file,
    start: data.start,
    limits: data.limits,
    nowWallMs: () => Date.now(),
    nowMs: () => performance.now(),
  });
  const takesBefore = keeper.store.sessions().reduce((sum, session) => sum + session.takes, 0);
  const tell = (opened: boolean) =>
    post({
      kind: 'state',
      session: keeper.store.session,
      health: keeper.health(),
      putAside: keeper.store.putAside,
      dropped: keeper.dropped,
      takesBefore,
      opened,
    });
  tell(true);
  const heap = new HeapWatch();
  port.on('message', (message: ToJournal) => {
    switch (message.kind) {
      case 'write':
        keeper.write(message.batch);
        tell(false);
        heap.look();
        return;
      case 'ask':
        try {
          post({ kind: 'answer', id: message.id, value: answerQuestion(keeper.store, message.question) });
        } catch (error) {
          // A disk that can not be read is told to the one who asked; the journal goes on.
          post({
            kind: 'refused',
            id: message.id,
            fault: {
              code: 'journal-unreadable',
              what: `The journal can not be read: ${error instanceof Error ? error.message : String(error)}.`,
              fix: 'Check the disk of the state folder.',
            },
          });
        }
        heap.look();
        return;
      case 'limits':
        keeper.limit(message.limits);
        return;
      case 'close':
        keeper.close();
        port.close();
        return;
      default:
        assertNever(message);
    }
  });
} catch (error) {
  post({ kind: 'bug', stack: (error as Error).stack ?? String(error) });
}
