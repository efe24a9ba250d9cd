import type { Fault } from '../checks/bounds/fault';
import { FUNCTION_MEMORY } from '../checks/bounds/lambda';
import { memoryNeeded } from '../model/function-sizing';
import { type Model, OnnxModel } from '../model/model';
import { inMebibytes, judge } from '../private/validation';
import { BatchFormat, type BatchTransformProps } from './batch-transform-props';
import { chooseEngine } from './engine-choice';
import { type TransformJobOptions, TransformSplit } from './transform-job-options';
import { isCsv, isJson, isText, media, splitOf } from './transform-job-request';

const PROCESSING = 'https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html';

/** What is wrong with the engine, by itself and for this model and these objects. */
export function faultyEngine({ engine, model, format }: BatchTransformProps): readonly Fault[] {
  const { _functions: functions, _transformJobs: jobs } = engine ?? chooseEngine(model).chosen;
  return [
    ...(engine?._faults() ?? []),
    ...(functions === undefined ? [] : notForFunctions(model)),
    ...(jobs === undefined ? [] : [...faultyFormat(jobs, format), ...faultyContent(jobs, format, model)]),
  ];
}

function notForFunctions(model: Model): Fault[] {
  if (!(model instanceof OnnxModel)) {
    return [
      {
        id: 'batch-engine',
        message: `'engine' is functions, and the model '${model.name}' runs in a container`,
        fix: "use BatchEngine.transformJobs(), or leave 'engine' out",
      },
    ];
  }
  const needed = Math.ceil(memoryNeeded(inMebibytes(model.size)));
  return needed <= FUNCTION_MEMORY.max
    ? []
    : [
        {
          id: 'batch-model-size',
          message: `'engine' is functions, and the model '${model.name}' needs about ${needed} MiB while it is loaded, of at most ${FUNCTION_MEMORY.max} MiB that a function has`,
          fix: "use BatchEngine.transformJobs(), or leave 'engine' out",
          see: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
        },
      ];
}

function faultyFormat({ contentType }: TransformJobOptions, format: BatchFormat | undefined): readonly Fault[] {
  if (format === BatchFormat.CSV_WITH_HEADER) {
    return [
      {
        id: 'batch-header',
        message: "'format' is CSV with a header, which a transform job would hand over as a record",
        fix: 'write the objects without it and use BatchFormat.CSV',
        see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html',
      },
    ];
  }
  return judge(contentType, (type) =>
    format === undefined || (format === BatchFormat.CSV ? isCsv(type) : isJson(type))
      ? []
      : [
          {
            id: 'batch-format-twice',
            message: `'format' is ${format}, and 'contentType' is ${type}`,
            fix: "leave 'format' out: transform jobs go by 'contentType'",
          },
        ],
  );
}

/** What SageMaker would cut in the middle, or could not read. */
function faultyContent(jobs: TransformJobOptions, format: BatchFormat | undefined, model: Model): readonly Fault[] {
  const ownContainer = model instanceof OnnxModel;
  const { contentType } = media(jobs, format, ownContainer);
  const looksInto = (['joinInput', 'inputFilter', 'outputFilter'] as const).filter(
    (prop) => jobs[prop] !== undefined && jobs[prop] !== false,
  );
  const records = [TransformSplit.RECORD_IO, TransformSplit.TF_RECORD].includes(splitOf(jobs));
  return judge(contentType, (type) => {
    if (jobs.split === TransformSplit.LINE && !isText(type)) {
      return [
        {
          id: 'transform-cut',
          message: `'split' is LINE, and objects of ${type} have no lines: they would be cut wherever there is such a byte`,
          fix: "leave 'split' out: an object is one request then",
        },
      ];
    }
    if (looksInto.length > 0 && (records || !(isCsv(type) || isJson(type)))) {
      return [
        {
          id: 'transform-filter-format',
          message: `${looksInto.map((prop) => `'${prop}'`).join(' and ')} need objects of CSV or JSON, and these are ${records ? `records of ${jobs.split}` : type}`,
          fix: 'leave it out, or write the objects so',
          see: PROCESSING,
        },
      ];
    }
    return jobs.joinInput === true ? mixedJoin(jobs, format, model) : [];
  });
}

/** SageMaker fails each object of which it cannot put records and answers together: that would cost a job after the other. */
function mixedJoin(jobs: TransformJobOptions, format: BatchFormat | undefined, model: Model): readonly Fault[] {
  const ownContainer = model instanceof OnnxModel;
  const { contentType, accept } = media(jobs, format, ownContainer);
  return judge(contentType, (given) =>
    judge(accept, (answered) =>
      isCsv(given) === isCsv(answered)
        ? []
        : [
            {
              id: 'transform-join',
              message: `'joinInput' is true, objects are ${given} and answers ${answered}: CSV is put together with CSV only, and JSON with JSON`,
              fix: `${ownContainer ? 'write the objects as JSON Lines' : "ask by 'accept' for answers of the same kind"}, or leave 'joinInput' out: predictions are in the order of the records`,
              see: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DataProcessing.html',
            },
          ],
    ),
  );
}
