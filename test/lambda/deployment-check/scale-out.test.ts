import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CheckEvent } from '../../../lambda/deployment-check/contract';

type Variant = { VariantName: string; CurrentInstanceCount: number; DesiredInstanceCount: number };

/** SageMaker as far as this handler knows it: one endpoint, which is busy for one look after each change. */
class FakeSageMaker {
  public readonly changes: { variant: string; instances: number }[] = [];
  public variants: Variant[] | undefined;
  public refusal: { type: string; message: string } | undefined;
  public neverSettles = false;
  public denials = 0;
  private busy = false;

  public answer(action: string, body: Record<string, unknown>): { status: number; body: unknown } {
    if (this.denials > 0) {
      this.denials--;
      return refused('AccessDeniedException', 'not authorized to perform: sagemaker:DescribeEndpoint');
    }
    if (this.variants === undefined) {
      return refused('ValidationException', 'Could not find endpoint "arn:aws:sagemaker:eu-west-1:1:endpoint/fraud".');
    }
    if (action === 'SageMaker.DescribeEndpoint') {
      const status = this.busy ? 'Updating' : 'InService';
      this.busy = this.neverSettles && this.busy;
      return {
        status: 200,
        body: { EndpointStatus: status, EndpointConfigName: 'old', ProductionVariants: this.variants },
      };
    }
    if (this.refusal !== undefined) {
      return refused(this.refusal.type, this.refusal.message);
    }
    if (this.busy) {
      return refused('ValidationException', 'Cannot update in-progress endpoint');
    }
    const [{ VariantName, DesiredInstanceCount }] = body.DesiredWeightsAndCapacities as Variant[];
    this.changes.push({ variant: VariantName, instances: DesiredInstanceCount });
    const variant = this.variants.find((each) => each.VariantName === VariantName)!;
    variant.DesiredInstanceCount = variant.CurrentInstanceCount = DesiredInstanceCount;
    this.busy = true;
    return { status: 200, body: {} };
  }
}

function refused(type: string, message: string): { status: number; body: unknown } {
  return { status: 400, body: { __type: type, message } };
}

const POLL = 5_000;
const context = (remaining = 60_000) => ({ getRemainingTimeInMillis: () => remaining });

let sagemaker: FakeSageMaker;
let server: Server;
let handler: typeof import('../../../lambda/deployment-check').handler;
const environment = { ...process.env };

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      const { status, body } = sagemaker.answer(
        String(request.headers['x-amz-target']),
        JSON.parse(text) as Record<string, unknown>,
      );
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  ({ handler } = require('../../../lambda/deployment-check') as typeof import('../../../lambda/deployment-check'));
});

afterAll(() => {
  process.env = environment;
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  sagemaker = new FakeSageMaker();
  const real = globalThis.setTimeout;
  jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation((run: () => void, milliseconds?: number) =>
      real(run, milliseconds === POLL ? 1 : milliseconds),
    );
});

afterEach(() => jest.restoreAllMocks());

function event(floors: Record<string, number>, type: CheckEvent['RequestType'] = 'Update'): CheckEvent {
  return {
    RequestType: type,
    PhysicalResourceId: type === 'Create' ? undefined : 'fraud-scale-out',
    ResourceProperties: {
      EndpointName: 'fraud',
      EndpointConfigName: 'new',
      Floors: Object.entries(floors).map(([VariantName, count]) => ({ VariantName, InstanceCount: String(count) })),
    },
  };
}

const variant = (VariantName: string, count: number): Variant => ({
  VariantName,
  CurrentInstanceCount: count,
  DesiredInstanceCount: count,
});

test('a variant with too few instances gets as many as it should have, and its resource keeps its id', async () => {
  sagemaker.variants = [variant('AllTraffic', 2)];
  expect(await handler(event({ AllTraffic: 6 }), context())).toEqual({ PhysicalResourceId: 'fraud-scale-out' });
  expect(sagemaker.changes).toEqual([{ variant: 'AllTraffic', instances: 6 }]);
});

test('several variants are raised one after the other, since SageMaker takes no second change meanwhile', async () => {
  sagemaker.variants = [variant('AllTraffic', 2), variant('challenger', 1)];
  await handler(event({ AllTraffic: 6, challenger: 3 }), context());
  expect(sagemaker.changes).toEqual([
    { variant: 'AllTraffic', instances: 6 },
    { variant: 'challenger', instances: 3 },
  ]);
});

test.each([6, 7])('a variant that has %i of 6 instances is left alone', async (count) => {
  sagemaker.variants = [variant('AllTraffic', count)];
  await handler(event({ AllTraffic: 6 }), context());
  expect(sagemaker.changes).toEqual([]);
});

test('a variant that this deployment only brings has nothing to raise yet', async () => {
  sagemaker.variants = [variant('AllTraffic', 8)];
  await handler(event({ AllTraffic: 6, next: 4 }), context());
  expect(sagemaker.changes).toEqual([]);
});

test('the first deployment has no endpoint yet, and nothing to raise', async () => {
  expect(await handler(event({ AllTraffic: 6 }, 'Create'), context())).toEqual({
    PhysicalResourceId: 'fraud-scale-out',
  });
});

test('nothing is raised when the resource is removed', async () => {
  sagemaker.variants = [variant('AllTraffic', 2)];
  await handler(event({ AllTraffic: 6 }, 'Delete'), context());
  expect(sagemaker.changes).toEqual([]);
});

test('instances that do not come in time stop the deployment before its first step, with the reason', async () => {
  sagemaker.variants = [variant('AllTraffic', 2)];
  sagemaker.neverSettles = true;
  let remaining = 60_000;
  const running = { getRemainingTimeInMillis: () => (remaining -= 5_000) };
  await expect(handler(event({ AllTraffic: 6 }), running)).rejects.toThrow(
    /variant AllTraffic of the endpoint fraud did not get 6 instances in time.*quota/,
  );
});

test("a refusal of SageMaker's stops the deployment in its own words", async () => {
  sagemaker.variants = [variant('AllTraffic', 2)];
  sagemaker.refusal = { type: 'ResourceLimitExceeded', message: 'The account-level service limit is 4 Instances' };
  await expect(handler(event({ AllTraffic: 6 }), context())).rejects.toThrow('service limit is 4 Instances');
});

test('a permission that is not in force yet is waited for', async () => {
  sagemaker.variants = [variant('AllTraffic', 2)];
  sagemaker.denials = 3;
  await handler(event({ AllTraffic: 6 }), context());
  expect(sagemaker.changes).toEqual([{ variant: 'AllTraffic', instances: 6 }]);
});

test('a permission that never comes is an error', async () => {
  sagemaker.variants = [variant('AllTraffic', 2)];
  sagemaker.denials = 100;
  await expect(handler(event({ AllTraffic: 6 }), context())).rejects.toThrow('not authorized');
});
