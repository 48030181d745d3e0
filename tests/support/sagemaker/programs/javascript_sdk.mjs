// What a program does with the AWS SDK for JavaScript; reads two requests, prints what it saw.
import * as sagemaker from "@aws-sdk/client-sagemaker";

const [tuning, training] = process.argv.slice(2).map((text) => JSON.parse(text));
const client = new sagemaker.SageMakerClient({});
const { HyperParameterTuningJobName } = tuning;
const { TrainingJobName } = training;

const errorOf = async (command) => {
  try {
    await client.send(command);
    return "none";
  } catch (error) {
    return error.name;
  }
};

await client.send(new sagemaker.CreateHyperParameterTuningJobCommand(tuning));
await client.send(new sagemaker.CreateTrainingJobCommand(training));
const waited = await sagemaker.waitUntilTrainingJobCompletedOrStopped(
  { client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
  { TrainingJobName },
);
let status;
do {
  const describe = new sagemaker.DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName });
  status = (await client.send(describe)).HyperParameterTuningJobStatus;
} while (status === "InProgress");
const pages = [];
for await (const page of sagemaker.paginateListTrainingJobsForHyperParameterTuningJob(
  { client, pageSize: 1 },
  { HyperParameterTuningJobName },
)) {
  pages.push(page.TrainingJobSummaries.map((row) => row.CreationTime instanceof Date));
}
const errors = [
  await errorOf(new sagemaker.CreateTrainingJobCommand(training)),
  await errorOf(new sagemaker.DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: "no" })),
  await errorOf(new sagemaker.StopTrainingJobCommand({ TrainingJobName: "no" })),
];
console.log(JSON.stringify({ waited: waited.state, status, pages, errors }));
