import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/defaults.ts';
import { maskSecrets, restoreSecrets, SECRET_FIELDS, SECRET_MASK } from '../../src/config/secrets.ts';

describe('secrets of the configuration', () => {
  const config = defaultConfig();
  config.mqtt.password = 'geheim';
  config.webhook.url = 'https://example.org/key';

  it('are those that the schema marks', () => {
    expect(SECRET_FIELDS).toEqual(['mqtt.password', 'webhook.url', 'webhook.secret']);
  });

  it('are masked where they are set, and come back when the mask is sent back', () => {
    const masked = maskSecrets(config);
    expect(masked.mqtt.password).toBe(SECRET_MASK);
    expect(masked.webhook).toEqual({ url: SECRET_MASK, secret: null });
    expect(config.mqtt.password).toBe('geheim');
    expect(restoreSecrets(masked, config)).toEqual({ value: config, unknown: [] });
  });

  it('a new one replaces the old, and none takes it away', () => {
    const edited = maskSecrets(config);
    edited.mqtt.password = 'neu';
    edited.webhook.url = null;
    expect(restoreSecrets(edited, config).value).toMatchObject({ mqtt: { password: 'neu' }, webhook: { url: null } });
  });

  it('a mask that nothing stands behind is told, as in a file from another box; nonsense is left as it is', () => {
    expect(restoreSecrets(maskSecrets(config), defaultConfig()).unknown).toEqual(['mqtt.password', 'webhook.url']);
    for (const odd of [null, 1, 'x', [], { mqtt: null }, { mqtt: 'x' }])
      expect(restoreSecrets(odd, config).value).toEqual(odd);
  });
});
