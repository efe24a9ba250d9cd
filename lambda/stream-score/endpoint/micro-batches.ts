import type { EndpointSettings } from '../../stream/contract';
import type { InstanceEncoder } from './encode-instances';

/** Encoded instances that go into one request, with their places. */
export interface MicroBatch {
  readonly places: readonly number[];
  readonly instances: readonly string[];
}

/** Fills requests in the order of the instances, within the records and bytes of each; and the places of those that fit into none. */
export function microBatches(
  instances: readonly unknown[],
  encoder: InstanceEncoder,
  { maxRecords, maxBytes }: Pick<EndpointSettings, 'maxRecords' | 'maxBytes'>,
): { readonly batches: MicroBatch[]; readonly tooLarge: ReadonlyMap<number, number> } {
  const batches: MicroBatch[] = [];
  const tooLarge = new Map<number, number>();
  let places: number[] = [];
  let encoded: string[] = [];
  let bytes = encoder.around;
  const close = (): void => {
    if (places.length > 0) {
      batches.push({ places, instances: encoded });
      [places, encoded, bytes] = [[], [], encoder.around];
    }
  };
  instances.forEach((instance, place) => {
    const text = encoder.one(instance);
    const size = Buffer.byteLength(text) + encoder.between;
    if (encoder.around + size > maxBytes) {
      tooLarge.set(place, size);
      return;
    }
    if (places.length >= maxRecords || bytes + size > maxBytes) {
      close();
    }
    places.push(place);
    encoded.push(text);
    bytes += size;
  });
  close();
  return { batches, tooLarge };
}

/** The halves of a request, of which one has the record at fault. */
export function halves({ places, instances }: MicroBatch): [MicroBatch, MicroBatch] {
  const middle = Math.ceil(places.length / 2);
  return [
    { places: places.slice(0, middle), instances: instances.slice(0, middle) },
    { places: places.slice(middle), instances: instances.slice(middle) },
  ];
}
