/**
 * The service file of Avahi, where it runs: it makes `lightkeeper` findable among the web pages of the network. The
 * package brings one for port 80; when the page listens elsewhere the file must say so, or phones knock at a shut door.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { bad, good, type Outcome } from '../fault.ts';

export const AVAHI_FILE = '/etc/avahi/services/lightkeeper.service';

export function avahiService(port: number): string {
  return `<?xml version="1.0" standalone="no"?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<!-- ${AVAHI_FILE}: the page in the list of web pages of the local network. -->
<service-group>
  <name replace-wildcards="yes">Lightkeeper on %h</name>
  <service>
    <type>_http._tcp</type>
    <port>${port}</port>
    <txt-record>path=/</txt-record>
    <txt-record>product=lightkeeper</txt-record>
  </service>
</service-group>
`;
}

/**
 * Makes the file say `port`. `same`: it does already. `absent`: there is none, so nobody wants one. Written in place, for
 * the folder belongs to root; Avahi reads it again by itself. Fault `avahi-not-writable` where it says another port and
 * can not be changed.
 */
export async function tellAvahi(port: number, file = AVAHI_FILE): Promise<Outcome<'same' | 'written' | 'absent'>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return good('absent');
  }
  const told = Number(/<port>\s*(\d+)\s*<\/port>/.exec(text)?.[1]);
  if (told === port) return good('same');
  // The user's own words in it stay; only the port is ours.
  const next = Number.isNaN(told)
    ? avahiService(port)
    : text.replace(/<port>\s*\d+\s*<\/port>/, `<port>${port}</port>`);
  try {
    await writeFile(file, next);
    return good('written');
  } catch {
    return bad(
      'avahi-not-writable',
      `Avahi tells the network port ${Number.isNaN(told) ? '?' : told}, but the page is on port ${port}.`,
      `Write <port>${port}</port> into ${file}.`,
    );
  }
}
