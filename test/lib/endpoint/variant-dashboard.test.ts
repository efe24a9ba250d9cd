import { Size } from 'aws-cdk-lib';
import { Capacity, InstanceType, ServingAccelerator } from '../../../lib';
import { containerModel, EndpointUnderTest, instances } from '../../fakes/endpoints';
import { dashboardBody } from '../../helpers/published-metrics';
import { ofType } from '../../helpers/synth';

interface Widget {
  readonly properties: { readonly title?: string };
}

/** The titles of all graphs, with or without the row that they are in. */
const titles = (under: EndpointUnderTest): string[] => {
  const [[, dashboard]] = ofType(under.template, 'AWS::CloudWatch::Dashboard');
  return (dashboardBody(dashboard).widgets as Widget[]).flatMap(({ properties }) => properties.title ?? []);
};
const graphs = (under: EndpointUnderTest): string[] => titles(under).map((title) => title.replace(/^.*?: .*?: /, ''));

test('processors: latency, requests, saturation', () => {
  const shown = graphs(new EndpointUnderTest());
  expect(shown).toEqual(
    expect.arrayContaining([
      'inside the container, us',
      'added by SageMaker, us',
      'per minute',
      'failed',
      'at a time, per model',
      'processors, % of one',
      'memory and disk, %',
    ]),
  );
  expect(shown).not.toContain('GPUs, % of one');
});

test('GPUs have a graph of their own', () => {
  const model = containerModel({ accelerator: ServingAccelerator.GPU });
  expect(graphs(new EndpointUnderTest({ model, capacity: instances(InstanceType.G5_2XLARGE) }))).toContain(
    'GPUs, % of one',
  );
});

test('serverless capacity has starts, and no instances', () => {
  const capacity = Capacity.serverless({ memory: Size.gibibytes(2), maxConcurrency: 5 });
  const shown = graphs(new EndpointUnderTest({ capacity }));
  expect(shown).toContain('start of a container, us');
  expect(shown.filter((title) => /processors|memory and disk|at a time/.test(title))).toEqual([]);
});

test('each variant has its rows', () => {
  const under = new EndpointUnderTest();
  under.endpoint.addVariant('challenger', { model: containerModel(), capacity: instances() });
  expect(graphs(under).filter((title) => title === 'per minute')).toHaveLength(2);
  expect(titles(under).filter((title) => /^challenger: (latency|requests|saturation): /.test(title))).toHaveLength(7);
});

test('it can be declined', () => {
  const under = new EndpointUnderTest({ dashboard: false });
  expect(under.endpoint.dashboard).toBeUndefined();
  expect(ofType(under.template, 'AWS::CloudWatch::Dashboard')).toEqual([]);
});
