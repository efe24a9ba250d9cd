import type { CfnResource, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import {
  Capacity,
  type ContainerModel,
  type ContainerModelProps,
  InstanceType,
  Model,
  RealtimeEndpoint,
  type RealtimeEndpointProps,
  type ServingImageConfig,
} from '../../lib';
import { plain, type PlainResource, type PlainTemplate, testStack } from '../helpers/synth';
import { FakeImage } from './serving-image';

/** A model in an image that is what it is told to be. */
export function containerModel(
  image: Partial<ServingImageConfig> = {},
  props: Partial<ContainerModelProps> = {},
): ContainerModel {
  return Model.fromContainer({ name: 'chat', version: '1', image: new FakeImage(image), ...props });
}

export const instances = (type = InstanceType.M5_LARGE, min = 2, max = min): Capacity =>
  Capacity.instances({ type, min, max });

/** One endpoint in a stack of its own. */
export class EndpointUnderTest {
  public readonly stack: Stack;
  public readonly endpoint: RealtimeEndpoint;
  private synthesized?: PlainTemplate;

  constructor(props: Partial<RealtimeEndpointProps> = {}, stack: Stack = testStack()) {
    this.stack = stack;
    this.endpoint = new RealtimeEndpoint(stack, 'Chat', { model: containerModel(), capacity: instances(), ...props });
  }

  public get template(): PlainTemplate {
    this.synthesized ??= plain(this.stack);
    return this.synthesized;
  }

  /** A resource by the end of its construct's path below the endpoint. */
  public at(path: string): PlainResource & { readonly id: string } {
    const construct = path.split('/').reduce<IConstruct>((parent, id) => parent.node.findChild(id), this.endpoint);
    const resource = (construct.node.defaultChild ?? construct) as CfnResource;
    const { template } = this;
    const id = this.stack.resolve(resource.logicalId) as string;
    return { ...template.Resources[id], id };
  }

  /** The properties of a resource, by the end of its construct's path. */
  public of(path: string): NonNullable<PlainResource['Properties']> {
    return this.at(path).Properties!;
  }

  public get variants() {
    return this.of('Config').ProductionVariants as Record<string, unknown>[];
  }
}

/** What is thrown when an endpoint is made so. */
export function refusal(props: Partial<RealtimeEndpointProps>): string {
  try {
    new EndpointUnderTest(props);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}
