/**
 * Asks one server again and again, each connection as soon as it has its answer:
 * `node load.js <port> <connections> <milliseconds> <body file>`; the result goes to standard output. Requests are bytes made
 * beforehand, and of an answer only its length is read, so that this costs a small part of what any server does.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { LoadResult } from './servers';

const [, , port, connections, duration, bodyFile] = process.argv;
const body = readFileSync(bodyFile);
const head = `POST /invocations HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
const request = Buffer.concat([Buffer.from(head), body]);

/** Share of the time for servers and connections to get going; what happens then is not counted. */
const WARM_UP = 0.25;
const milliseconds: number[] = [];
const started = performance.now();
const counted = started + WARM_UP * Number(duration);
const end = started + Number(duration);

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    let asked = 0;
    let text = '';
    let length = -1;
    const send = (): void => {
      text = '';
      length = -1;
      asked = performance.now();
      socket.write(request);
    };
    socket.on('connect', send).on('error', reject);
    socket.on('close', () => reject(new Error('the server hung up')));
    socket.on('data', (data) => {
      text += data.toString('latin1');
      length = length < 0 ? answerLength(text) : length;
      if (length < 0 || text.length < length) {
        return;
      }
      const now = performance.now();
      if (!text.startsWith('HTTP/1.1 200')) {
        reject(new Error(`the server answered ${text}`));
        return;
      }
      if (asked >= counted) {
        milliseconds.push(now - asked);
      }
      if (now < end) {
        send();
      } else {
        socket.removeAllListeners('close').destroy();
        resolve();
      }
    });
  });
}

/** Of headers and body together; -1 while the headers are not complete. */
function answerLength(text: string): number {
  const headers = text.indexOf('\r\n\r\n');
  return headers < 0 ? -1 : headers + 4 + Number(/content-length: *(\d+)/i.exec(text)?.[1]);
}

void Promise.all(Array.from({ length: Number(connections) }, ask)).then(() => {
  const seconds = (performance.now() - counted) / 1000;
  const result: LoadResult = { requestsPerSecond: milliseconds.length / seconds, milliseconds };
  process.stdout.write(JSON.stringify(result));
});
