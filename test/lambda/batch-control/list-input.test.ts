import fc from 'fast-check';
import { listingKey, runPlace } from '../../../lambda/batch/run-paths';
import { listInput, type ListingSizes } from '../../../lambda/batch-control/list-input';
import { MOST_OBJECTS, ObjectTable } from '../../../lambda/batch-control/object-table';
import { MemoryStore } from '../batch/memory-store';
import { objectOf, objects, planned, SETTINGS } from './planned';

jest.setTimeout(300_000);

const run = runPlace(SETTINGS.output, '20260301T020000123Z-nightly');

interface Listed {
  readonly store: MemoryStore;
  readonly inTime?: () => boolean;
  readonly wanted?: (key: string) => boolean;
  readonly redrives?: number;
  readonly sizes?: ListingSizes;
}

const list = ({ store, inTime = () => true, wanted = () => true, redrives = 0, sizes }: Listed) =>
  listInput(store, run, { place: SETTINGS.input, redrives, wanted, inTime }, sizes);

const entries = (table: ObjectTable) => Array.from({ length: table.length }, (_, number) => table.get(number));
const pages = (store: MemoryStore): string[] => [...store.files.keys()].filter((key) => key.includes('/listing/'));

const anyInput = fc
  .uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }), { maxLength: 60 })
  .map((names) => names.map((name, bytes) => ({ key: `in/${name}`, bytes, etag: `"${name}"` })));

/** Interruptions by time, and crashes before and after a page is written. */
const interruptions = fc.array(fc.constantFrom('none', 'none', 'time', 'listing', 'before', 'after'), {
  minLength: 30,
  maxLength: 200,
});

test('what is listed is the same, however often and wherever it was interrupted', async () => {
  let interrupted = 0;
  await fc.assert(
    fc.asyncProperty(
      anyInput,
      interruptions,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 20 }),
      async (input, troubles, stretch, page) => {
        const wanted = (key: string): boolean => key.length % 4 !== 0;
        const expected = entries((await list({ store: new MemoryStore(input), wanted })).objects);
        const store = new MemoryStore(input);
        let turn = 0;
        const trouble = (): string | undefined => troubles[turn++];
        const write = store.writeLines.bind(store);
        store.writeLines = async (key, lines) => {
          const which = trouble();
          if (which === 'before') {
            throw new Error('died before the page');
          }
          await write(key, lines);
          if (which === 'after') {
            throw new Error('died after the page');
          }
        };
        const listObjects = store.listInput.bind(store);
        store.listInput = async function* (place, after) {
          for await (const object of listObjects(place, after)) {
            if (trouble() === 'listing') {
              throw new Error('died while listing');
            }
            yield object;
          }
        };
        const inTime = (): boolean => trouble() !== 'time';
        for (let attempt = 0; ; attempt++) {
          const listing = await list({ store, inTime, wanted, sizes: { stretch, page } }).catch(() => undefined);
          if (listing?.complete === true) {
            expect(entries(listing.objects)).toEqual(expected);
            return;
          }
          interrupted++;
          expect(attempt).toBeLessThan(250);
        }
      },
    ),
    { numRuns: 80 },
  );
  // Interruptions were there: about two a run.
  expect(interrupted).toBeGreaterThan(50);
});

test('two invocations at work at once leave no gap, whatever pages they write over each other', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyInput,
      fc.scheduler(),
      fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
      async (input, scheduler, late) => {
        const store = new MemoryStore(input);
        const write = store.writeLines.bind(store);
        store.writeLines = (key, lines) => {
          // What is written is what was known when the writing began.
          const text = [...(lines as Iterable<string>)];
          return scheduler.schedule(Promise.resolve()).then(() => write(key, text));
        };
        let turn = 0;
        const inTime = (): boolean => !late[turn++ % late.length];
        const sizes = { stretch: 1, page: 7 };
        const tryOften = async (): Promise<void> => {
          for (let attempt = 0; attempt < 10; attempt++) {
            await list({ store, inTime, sizes });
          }
        };
        const both = Promise.all([tryOften(), tryOften()]);
        await scheduler.waitFor(both);
        const { objects: table } = await list({ store, sizes });
        expect(entries(table)).toEqual(entries((await list({ store: new MemoryStore(input) })).objects));
      },
    ),
    { numRuns: 40 },
  );
});

test('a small input leaves no page, and a larger one pages of so many objects', async () => {
  const store = new MemoryStore(objects(100));
  await list({ store });
  expect(pages(store)).toEqual([]);
  await list({ store, sizes: { stretch: 10, page: 30 } });
  expect(pages(store)).toHaveLength(3);
  expect(store.files.get(listingKey(run, 0))!.split('\n').slice(0, 2)).toEqual([
    JSON.stringify({ until: objectOf(29).key }),
    JSON.stringify(objectOf(0)),
  ]);
});

test('each invocation gets further, also where it has no time at all, or nothing that it looks at is wanted', async () => {
  const store = new MemoryStore(objects(3500));
  const wanted = (key: string): boolean => key.endsWith('3499.csv');
  const counts: number[] = [];
  for (;;) {
    const { objects: table, complete } = await list({ store, inTime: () => false, wanted });
    counts.push(table.length);
    if (complete) {
      break;
    }
  }
  expect(counts).toEqual([0, 0, 0, 1]);
});

test('an execution that was redriven lists anew: days may have passed', async () => {
  const store = new MemoryStore(objects(30));
  const sizes = { stretch: 10, page: 10 };
  await list({ store, sizes });
  store.input = objects(40);
  expect((await list({ store, sizes })).objects.length).toBe(40);
  store.input = store.input.slice(20);
  expect((await list({ store, sizes })).objects.length).toBe(40);
  expect((await list({ store, sizes, redrives: 1 })).objects.length).toBe(20);
});

test('a plan is the same in one invocation or in many', async () => {
  const [one, other] = [new MemoryStore(objects(5000)), new MemoryStore(objects(5000))];
  const settings = { judgedShare: 0.1 };
  await planned(one, settings);
  await planned(other, settings, { inTime: () => false });
  expect(pages(other)).toHaveLength(5);
  const plans = [one, other].map((store) => [...store.files].filter(([key]) => !key.includes('/listing/')));
  expect(plans[1]).toEqual(plans[0]);
});

test('more objects than the memory has room for are refused, and it is said what to do', () => {
  const table = new ObjectTable();
  for (let number = 0; number < MOST_OBJECTS; number++) {
    table.add({ key: String(number), bytes: 0, etag: '' });
  }
  expect(() => table.add(objectOf(1))).toThrow(
    `there are more than the 2500000 objects of one run: start runs with a 'prefix' each, or divide the input between batches`,
  );
  expect(() => table.add({ key: '0', bytes: 0, etag: '' })).not.toThrow();
});
