import unittest

import in_process  # noqa: F401
from emulator.stream_mapping_lanes import FAILED, REPORTED, SUCCEEDED, THROTTLE, Lane, Outcome, Record
from emulator.stream_mapping_settings import Settings


def records(*names, arrived=0.0, size=100):
    return [Record(name, 'k', arrived, size, {}) for name in names]


class WithLane(unittest.TestCase):
    def setUp(self):
        self.lane, self.now, self.given_up = Lane(0.0), 0.0, []

    def wait(self, *names, **how):
        self.lane.waiting.extend(records(*names, **how))

    def take(self, settings=Settings()):
        batch, given_up = self.lane.take(settings, self.now)
        self.note(given_up)
        return batch and [record.sequence for record in batch.records]

    def finish(self, kind, settings=Settings(), sequence=''):
        self.note(self.lane.finish(settings, Outcome(kind, sequence), self.now))

    def note(self, given_up):
        self.given_up += [([r.sequence for r in one.records], one.condition, one.invoked) for one in given_up]

    def play(self, settings, *poison, most=50):
        """Every batch with one of `poison` fails; answers all batches."""
        asked = []
        while len(asked) < most and (batch := self.take(settings)):
            asked.append(''.join(batch))
            self.finish(FAILED if set(poison) & set(batch) else SUCCEEDED, settings)
            self.now += 1000
        return asked


class Batches(WithLane):
    def test_whatever_is_there_is_sent(self):
        self.wait(*'abc')
        self.assertEqual(self.take(), [*'abc'])

    def test_one_batch_at_a_time(self):
        self.wait(*'ab')
        settings = Settings(batch_size=1)
        self.assertEqual(self.take(settings), ['a'])
        self.assertIsNone(self.take(settings))
        self.finish(SUCCEEDED)
        self.assertEqual(self.take(settings), ['b'])

    def test_full_batch_does_not_wait_for_the_window(self):
        settings = Settings(batch_size=2, window=10)
        self.wait(*'abc')
        self.assertEqual(self.take(settings), [*'ab'])
        self.now = 4
        self.finish(SUCCEEDED, settings)
        self.now = 13.9
        self.assertIsNone(self.take(settings), 'the window began when the invocation ended')
        self.now = 14
        self.assertEqual(self.take(settings), ['c'])

    def test_window_that_brought_nothing_is_followed_by_another(self):
        settings = Settings(window=10)
        self.now = 12
        self.assertIsNone(self.take(settings))
        self.wait('a')
        self.now = 21
        self.assertIsNone(self.take(settings))
        self.now = 22
        self.assertEqual(self.take(settings), ['a'])

    def test_six_megabytes_do_not_wait_for_the_window(self):
        settings = Settings(window=10)
        self.wait(*'abcd', size=2 * 1024 * 1024)
        self.assertEqual(self.take(settings), [*'ab'], 'three of 2 MB and the envelope are more than 6 MB')

    def test_record_that_is_too_large_goes_alone(self):
        self.wait('a', size=7 * 1024 * 1024)
        self.assertEqual(self.take(), ['a'])


class Retries(WithLane):
    def test_endless_without_a_limit(self):
        self.wait(*'ab')
        self.assertEqual(self.play(Settings(batch_size=1), 'a'), ['a'] * 50)

    def test_given_up_after_its_retries(self):
        self.wait(*'abc')
        self.assertEqual(self.play(Settings(batch_size=2, max_retries=2), 'a'), ['ab', 'ab', 'ab', 'c'])
        self.assertEqual(self.given_up, [(['a', 'b'], 'RetryAttemptsExhausted', 3)])

    def test_none_at_all(self):
        self.wait(*'ab')
        self.assertEqual(self.play(Settings(batch_size=1, max_retries=0), 'a'), ['a', 'b'])

    def test_each_one_waits_longer(self):
        settings, begun = Settings(first_delay=1, longest_delay=5), []
        self.wait('a')
        while len(begun) < 6:
            if self.take(settings):
                begun.append(self.now)
                self.finish(FAILED, settings)
            self.now += 0.5
        self.assertEqual([later - one for one, later in zip(begun, begun[1:])], [1, 2, 4, 5, 5])

    def test_throttled_is_no_attempt(self):
        settings = Settings(max_retries=0)
        self.wait('a')
        for _ in range(5):
            self.assertEqual(self.take(settings), ['a'])
            self.finish(THROTTLE, settings)
        self.assertEqual(self.take(settings), ['a'])
        self.finish(FAILED, settings)
        self.assertEqual(self.given_up, [(['a'], 'RetryAttemptsExhausted', 1)])


class Age(WithLane):
    def test_only_records_that_are_too_old_are_given_up(self):
        settings = Settings(max_age=10)
        self.wait('a', arrived=0)
        self.wait('b', arrived=5)
        self.assertEqual(self.take(settings), [*'ab'])
        self.finish(FAILED, settings)
        self.now = 11
        self.assertEqual(self.take(settings), ['b'])
        self.assertEqual(self.given_up, [(['a'], 'RecordAgeExceeded', 1)])

    def test_those_that_never_got_to_the_function_too(self):
        self.wait('a', arrived=0)
        self.wait('b', arrived=50)
        self.now = 55
        self.assertEqual(self.take(Settings(batch_size=1, max_age=10)), ['b'])
        self.assertEqual(self.given_up, [(['a'], 'RecordAgeExceeded', 0)])

    def test_while_throttled(self):
        settings = Settings(max_age=10, max_retries=5)
        self.wait('a')
        for self.now in range(0, 11):
            self.assertEqual(self.take(settings), ['a'])
            self.finish(THROTTLE, settings)
        self.now = 11
        self.assertIsNone(self.take(settings))
        self.assertEqual(self.given_up, [(['a'], 'RecordAgeExceeded', 0)])


class Bisect(WithLane):
    def test_poison_record_ends_alone(self):
        self.wait(*'abcdefgh')
        asked = self.play(Settings(bisects=True, max_retries=2), 'f')
        self.assertEqual(asked, ['abcdefgh', 'abcd', 'efgh', 'ef', 'e', 'f', 'f', 'f', 'gh'])
        self.assertEqual(self.given_up, [(['f'], 'RetryAttemptsExhausted', 6)])

    def test_split_takes_no_retry(self):
        self.wait(*'abcd')
        self.assertEqual(self.play(Settings(bisects=True, max_retries=0), 'd'), ['abcd', 'ab', 'cd', 'c', 'd'])

    def test_several_poison_records(self):
        self.wait(*'abcd')
        self.play(Settings(bisects=True, max_retries=0), 'a', 'd')
        self.assertEqual([names for names, _, _ in self.given_up], [['a'], ['d']])

    def test_what_follows_waits(self):
        self.wait(*'abc')
        asked = self.play(Settings(batch_size=2, bisects=True, max_retries=1), 'b')
        self.assertEqual(asked, ['ab', 'a', 'b', 'b', 'c'])


class Checkpoint(WithLane):
    def reported(self, settings, *sequences):
        asked = []
        for sequence in sequences:
            asked.append(''.join(self.take(settings) or []))
            self.finish(REPORTED, settings, sequence)
            self.now += 1000
        return asked

    def test_records_before_it_are_done(self):
        self.wait(*'abcd')
        self.assertEqual(self.reported(Settings(), 'c', 'd', 'd'), ['abcd', 'cd', 'd'])
        self.assertEqual(self.take(), ['d'])

    def test_it_takes_a_retry(self):
        settings = Settings(max_retries=2)
        self.wait(*'abcd')
        self.reported(settings, 'b', 'c', 'd')
        self.assertEqual(self.given_up, [(['d'], 'RetryAttemptsExhausted', 3)])

    def test_retries_may_be_renewed_by_what_got_done(self):
        settings = Settings(max_retries=1, keeps_retries=False)
        self.wait(*'abcd')
        self.reported(settings, 'b', 'c', 'd')
        self.assertEqual(self.given_up, [])
        self.reported(settings, 'd')
        self.assertEqual(self.given_up, [(['d'], 'RetryAttemptsExhausted', 4)])

    def test_with_bisect_it_is_a_split_there(self):
        settings = Settings(bisects=True, max_retries=0)
        self.wait(*'abcd')
        self.assertEqual(self.reported(settings, 'c', 'd'), ['abcd', 'cd'])
        self.assertEqual(self.given_up, [])

    def test_with_bisect_at_the_first_record_nothing_is_split(self):
        settings = Settings(bisects=True, max_retries=1)
        self.wait(*'ab')
        self.assertEqual(self.reported(settings, 'a', 'a'), ['ab', 'ab'])
        self.assertEqual(self.given_up, [(['a', 'b'], 'RetryAttemptsExhausted', 2)])
