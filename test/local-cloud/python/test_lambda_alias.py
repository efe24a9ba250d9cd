import json
import time

from ministack.services import lambda_svc

from in_process import InProcess, alias, function, invoke, publish, values


class WeightedAlias(InProcess):
    def two_versions(self, share):
        function('fn')
        old, new = publish('fn'), publish('fn')
        alias('fn', old, {new: share})
        return old, new

    def test_synchronous_invocations_follow_the_weights(self):
        old, new = self.two_versions(0.5)
        executed = [invoke('fn', {}, 'live')[1]['X-Amz-Executed-Version'] for _ in range(40)]
        # 40 draws at one half: fewer than 6 of either is a chance of one in a million.
        self.assertGreater(executed.count(old), 5)
        self.assertGreater(executed.count(new), 5)

    def test_the_version_named_is_the_version_that_ran_and_the_context_has_the_alias(self):
        _, new = self.two_versions(1)
        _, headers, payload = invoke('fn', {'x': 1}, 'live')
        self.assertEqual((headers['X-Amz-Executed-Version'], payload['version']), (new, new))
        self.assertTrue(payload['arn'].endswith(':fn:live'), payload['arn'])
        self.assertEqual(payload['event'], {'x': 1})

    def test_other_services_follow_the_weights(self):
        _, new = self.two_versions(1)
        arn = lambda_svc._functions['fn']['aliases']['live']['AliasArn']
        record, config, _ = lambda_svc._get_func_record_for_ref(arn)
        result = lambda_svc._execute_function_with_config_scope(
            lambda_svc._execution_record_for_config(record, config), {}
        )
        self.assertEqual(result['body']['version'], new)
        self.assertTrue(result['body']['arn'].endswith(':fn:live'))

    def test_reading_the_configuration_sees_the_primary_version(self):
        old, _ = self.two_versions(1)
        for _ in range(5):
            self.assertEqual(json.loads(lambda_svc._get_function_config('fn', 'live')[2])['Version'], old)

    def test_without_weights_every_call_goes_to_the_primary_version(self):
        function('fn')
        old, _ = publish('fn'), publish('fn')
        alias('fn', old)
        self.assertEqual({invoke('fn', {}, 'live')[1]['X-Amz-Executed-Version'] for _ in range(5)}, {old})

    def test_unknown_qualifier_is_not_found(self):
        function('fn')
        self.assertEqual(invoke('fn', {}, 'nowhere')[0], 404)

    def test_asynchronous_invocation_keeps_to_the_aliass_own_retries(self):
        function('fn', 'exports.handler = async () => { throw new Error("no"); };')
        alias('fn', publish('fn'))
        lambda_svc._put_event_invoke_config('fn', 'live', {'MaximumRetryAttempts': 1})
        self.assertEqual(invoke('fn', {}, 'live', **{'x-amz-invocation-type': 'Event'})[0], 202)
        time.sleep(1.2)  # two retries would have happened after 0.05 and 0.1 s
        self.assertEqual(values('AWS/Lambda', 'Errors', FunctionName='fn', Resource='fn:live'), [1, 1])
