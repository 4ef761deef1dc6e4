/** A file that is either the old one or the new one, whatever happens: tmp + fsync + rename + fsync of the folder. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export async function writeDurably(path: string, text: string): Promise<void> {
  const tmp = `${path}.tmp`;
  let file: FileHandle | null = null;
  try {
    file = await open(tmp, 'w', 0o640);
    await file.writeFile(text, 'utf8');
    await file.sync();
    await file.close();
    file = null;
    await rename(tmp, path);
  } catch (error) {
    await file?.close().catch(() => {});
    await rm(tmp, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes names in a folder last through a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
