import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Lets a server listen, and every client of this process find it, by the variable for its service. Gives what ends that. */
export async function listenForClients(server: Server, variable = 'AWS_ENDPOINT_URL'): Promise<() => void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
    [variable]: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
  return () => {
    process.env = before;
    server.closeAllConnections();
    server.close();
  };
}
