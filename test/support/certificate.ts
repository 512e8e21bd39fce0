import { generateKeyPairSync, sign } from 'node:crypto';

/** A key and a certificate for 127.0.0.1 that vouches for itself, made anew each time, in PEM. */
export function selfSigned(): { readonly key: Buffer; readonly cert: Buffer } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = tagged(0x30, oid('2a8648ce3d040302'));
  const name = tagged(0x30, tagged(0x31, tagged(0x30, oid('550403'), tagged(0x0c, Buffer.from('127.0.0.1')))));
  const time = (year: number): Buffer => tagged(0x18, Buffer.from(`${year}0101000000Z`));
  const year = new Date().getUTCFullYear();
  const address = tagged(0x30, oid('551d11'), tagged(0x04, tagged(0x30, tagged(0x87, Buffer.from([127, 0, 0, 1])))));
  const said = tagged(
    0x30,
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    tagged(0x30, time(year - 1), time(year + 2)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, tagged(0x30, address)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', said, privateKey)]));
  const base64 = tagged(0x30, said, ecdsaWithSha256, signature).toString('base64');
  return {
    key: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: Buffer.from(`-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`),
  };
}

/** One value as DER writes it: tag, length, content. */
function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
