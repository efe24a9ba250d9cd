import type { IConstruct } from 'constructs';
import type { Fault } from '../checks/bounds/fault';
import type { SinkTarget } from './sink';

/** Where a consumer keeps what has a name made of the stream, the shard and sequence numbers. */
export interface KeptPlace {
  /** In words. */
  readonly what: string;
  readonly id: string;
}

interface Consumer {
  readonly path: string;
  readonly streamArn: string;
  readonly places: readonly KeptPlace[];
}

/** The consumers of an app, by its root. */
const CONSUMERS = new WeakMap<IConstruct, Consumer[]>();

/** The places of a consumer that no other one of its stream may have. */
export function placesOf(targets: readonly SinkTarget[], quarantine: { arn: string; prefix: string }): KeptPlace[] {
  return [
    ...targets.flatMap(({ kind, resource, arn, prefix }): KeptPlace[] =>
      kind === 'table'
        ? [{ what: `the table '${resource.node.path}'`, id: arn }]
        : prefix === undefined
          ? []
          : [{ what: `'${prefix}' of the bucket '${resource.node.path}'`, id: `${arn}/${prefix}` }],
    ),
    { what: `the quarantine below '${quarantine.prefix}'`, id: `${quarantine.arn}/${quarantine.prefix}` },
  ];
}

/**
 * Another consumer of the same stream writes there: an inference id says which record, not whose prediction, so the first one in a
 * table would be the only one, and an object of one would overwrite that of the other.
 */
export function placesOfOthers(scope: IConstruct, streamArn: string, places: readonly KeptPlace[]): Fault[] {
  const others = (CONSUMERS.get(scope.node.root) ?? []).filter((other) => other.streamArn === streamArn);
  return places.flatMap(({ what, id }) => {
    const other = others.find((consumer) => consumer.places.some((place) => place.id === id));
    return other === undefined
      ? []
      : [
          {
            id: 'stream-place-shared',
            message: `${what} is written to by '${other.path}' as well, which reads the same stream, so what one writes would be lost to the other`,
            fix: 'give each consumer a table, or a prefix, of its own',
          },
        ];
  });
}

/** Remembers the places of a consumer for those that come after it. */
export function takePlaces(scope: IConstruct, streamArn: string, places: readonly KeptPlace[]): void {
  const { root, path } = scope.node;
  CONSUMERS.set(root, [...(CONSUMERS.get(root) ?? []), { path, streamArn, places }]);
}
