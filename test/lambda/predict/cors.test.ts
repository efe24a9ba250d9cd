import { corsHeaders } from '../../../lambda/predict/cors';

test('without origins no header is sent at all', () => {
  expect(corsHeaders(undefined)).toBeUndefined();
});

test('any origin may read where all are allowed', () => {
  expect(corsHeaders('*')!('https://any.example')).toEqual({ 'access-control-allow-origin': '*' });
});

test.each(['https://a.example', 'https://b.example'])('the allowed origin %s is named back', (origin) => {
  expect(corsHeaders('https://a.example https://b.example')!(origin)).toEqual({
    'access-control-allow-origin': origin,
    vary: 'origin',
  });
});

test.each([undefined, 'https://a.example.evil', 'https://c.example', ''])(
  'the origin %s is not named back, and caches are told to ask again',
  (origin) => {
    expect(corsHeaders('https://a.example https://b.example')!(origin)).toEqual({ vary: 'origin' });
  },
);
