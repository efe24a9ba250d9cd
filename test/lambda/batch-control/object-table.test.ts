import fc from 'fast-check';
import { ObjectTable } from '../../../lambda/batch-control/object-table';
import { objectOf } from './planned';

test('objects are found by number and by key, as they were', () => {
  const object = fc.record({
    key: fc.string({ unit: 'binary', maxLength: 30 }),
    bytes: fc.maxSafeNat(),
    etag: fc.string({ unit: 'binary', maxLength: 30 }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(object, { selector: ({ key }) => key, size: '+1' }), fc.string(), (objects, key) => {
      const table = new ObjectTable();
      objects.forEach((each) => table.add(each));
      expect(objects.map((_, number) => table.get(number))).toEqual(objects);
      expect(objects.map((_, number) => table.bytes(number))).toEqual(objects.map(({ bytes }) => bytes));
      expect(objects.map((each) => table.find(each.key))).toEqual([...objects.keys()]);
      const known = objects.findIndex((each) => each.key === key);
      expect(table.find(key)).toBe(known === -1 ? undefined : known);
    }),
  );
});

test('more objects than there was room for, in several pieces of memory', () => {
  const table = new ObjectTable();
  const padding = 'x'.repeat(1000);
  const objects = Array.from({ length: 10_000 }, (_, number) => ({
    ...objectOf(number, number),
    key: `${padding}${number}`,
  }));
  objects.forEach((object) => table.add(object));
  expect(table.length).toBe(10_000);
  expect(objects.every(({ key }, number) => table.find(key) === number && table.get(number).key === key)).toBe(true);
  expect(table.get(9876)).toEqual(objects[9876]);
});

test('a key that is there already is not added again', () => {
  const table = new ObjectTable();
  table.add(objectOf(1));
  table.add({ ...objectOf(1), etag: 'later' });
  expect(table.length).toBe(1);
  expect(table.get(0)).toEqual(objectOf(1));
});
