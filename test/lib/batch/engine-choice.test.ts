import { Size } from 'aws-cdk-lib';
import { InstanceType, ModelArtifact } from '../../../lib';
import { chooseEngine, chooseInstance } from '../../../lib/batch/engine-choice';
import { containerModel } from '../../fakes/endpoints';
import { tinyModel } from '../../fakes/models';

const catalogue = InstanceType.known().map(({ _hardware }) => _hardware!);
const onnx = (size: Size) =>
  tinyModel({
    artifact: ModelArtifact.fromLayer({} as never, 'model.onnx', { sha256: 'a'.repeat(64), size }),
  });

describe('the engine: ', () => {
  test('functions for an ONNX model that fits one', () => {
    const { chosen, why } = chooseEngine(tinyModel());
    expect(chosen._functions).toEqual({});
    expect(why).toMatch(/^functions, as the model 'fraud' needs about \d+ MiB .* of at most 10240 MiB/);
  });

  test.each([
    [2496, true],
    [2497, false],
  ])(
    'an ONNX model of %d MiB, of which a function needs four times as much: functions are %s',
    (mebibytes, functions) => {
      const { chosen, why } = chooseEngine(onnx(Size.mebibytes(mebibytes)));
      expect(chosen._functions !== undefined).toBe(functions);
      expect(why.startsWith(functions ? 'functions' : 'transform jobs')).toBe(true);
    },
  );

  test('transform jobs for a container, whatever its size', () => {
    const { chosen, why } = chooseEngine(containerModel());
    expect(chosen._transformJobs).toEqual({});
    expect(why).toBe("transform jobs, as the model 'chat' runs in a container");
  });
});

describe('the instance: ', () => {
  test('the cheapest with enough memory of GPUs', () => {
    expect(chooseInstance({ accelerator: 'GPU', memoryGiB: 10 }, catalogue)!.chosen.name).toBe('ml.g4dn.xlarge');
    expect(chooseInstance({ accelerator: 'GPU', memoryGiB: 20 }, catalogue)!.chosen.name).toBe('ml.g6.xlarge');
    const large = chooseInstance({ accelerator: 'GPU', memoryGiB: 80 }, catalogue)!;
    expect(large.chosen.gpuMemoryGiB).toBeGreaterThanOrEqual(80);
    expect(large.why).toMatch(
      /^ml\.\S+, the cheapest with 80 GiB of GPU memory \(about \$\d+\.\d\d an hour in us-east-1\)$/,
    );
  });

  test('without an accelerator the memory of the instance counts, and 4 GiB are assumed', () => {
    const assumed = chooseInstance({ accelerator: 'NONE' }, catalogue)!;
    expect(assumed.chosen.memoryGiB).toBeGreaterThanOrEqual(4);
    expect(assumed.chosen.accelerator).toBe('NONE');
    expect(chooseInstance({ accelerator: 'NONE', memoryGiB: 100 }, catalogue)!.chosen.memoryGiB).toBeGreaterThanOrEqual(
      100,
    );
  });

  test('only types that batch transform has and the price list has', () => {
    for (const memoryGiB of [1, 10, 50, 150, 300]) {
      const { chosen } = chooseInstance({ accelerator: 'GPU', memoryGiB }, catalogue) ?? {};
      expect(chosen === undefined || (chosen.forTransform && chosen.listed)).toBe(true);
    }
  });

  test('none is guessed for an accelerator whose memory nobody knows, and none is too small', () => {
    expect(chooseInstance({ accelerator: 'GPU' }, catalogue)).toBeUndefined();
    expect(chooseInstance({ accelerator: 'GPU', memoryGiB: 2000 }, catalogue)).toBeUndefined();
  });
});
