import { Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { TTL_ATTRIBUTE } from '../../lambda/stream/contract';
import type { Fault } from '../checks/bounds/fault';

/** What a table says of itself in the template. */
interface TableSchema {
  readonly keySchema?: { readonly attributeName: string; readonly keyType: string }[];
  readonly attributeDefinitions?: { readonly attributeName: string; readonly attributeType: string }[];
  readonly timeToLiveSpecification?: { readonly attributeName?: string; readonly enabled: unknown };
}

/** Why no prediction could be written into a table of this app, or none would ever go: each batch would fail, hours after a deployment that succeeds. */
export function tableUnfit(table: dynamodb.ITable, partitionKey: string, withTimeToLive: boolean): Fault[] {
  const schema = schemaOf(table);
  if (!Array.isArray(schema?.keySchema)) {
    return [];
  }
  const { keySchema, attributeDefinitions, timeToLiveSpecification } = schema;
  const keys = keySchema.map(({ attributeName }) => `'${attributeName}'`).join(' and ');
  const type = attributeDefinitions?.find(({ attributeName }) => attributeName === partitionKey)?.attributeType;
  const faults: Fault[] = [];
  if (keySchema.length !== 1 || keySchema[0].attributeName !== partitionKey || (type ?? 'S') !== 'S') {
    faults.push({
      id: 'sink-table-key',
      message: `the table '${table.node.path}' has the key ${keys}${type === undefined || type === 'S' ? '' : ` of the type ${type}`}, and an item is written by '${partitionKey}', a string, alone`,
      fix:
        keySchema.length === 1 && (type ?? 'S') === 'S'
          ? `set 'partitionKey' to ${keys}`
          : 'write to a table that has one string as its key',
    });
  }
  if (withTimeToLive && timeToLiveSpecification?.attributeName !== TTL_ATTRIBUTE) {
    faults.push({
      id: 'sink-table-time-to-live',
      message: `'timeToLive' is given, and the table '${table.node.path}' ${timeToLiveSpecification?.attributeName === undefined ? 'has none' : `has it by '${timeToLiveSpecification.attributeName}'`}, so items would stay for ever`,
      fix: `set 'timeToLiveAttribute' of the table to '${TTL_ATTRIBUTE}', or leave 'timeToLive' out`,
      see: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html',
    });
  }
  return faults;
}

function schemaOf(table: dynamodb.ITable): TableSchema | undefined {
  const { defaultChild } = table.node;
  if (!(defaultChild instanceof dynamodb.CfnTable || defaultChild instanceof dynamodb.CfnGlobalTable)) {
    return undefined;
  }
  const { keySchema, attributeDefinitions, timeToLiveSpecification } = defaultChild;
  // A table's key is written down lazily.
  return Stack.of(table).resolve({ keySchema, attributeDefinitions, timeToLiveSpecification }) as TableSchema;
}
