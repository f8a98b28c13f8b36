import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsXml, readXml, rootName, writeXml } from '../../infra/local/mns/xml.ts';

describe('an XML document', () => {
  it('read again says what was written, whatever text XML can hold', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }).filter(fitsXml), { maxLength: 4 }), (texts) => {
        const document = writeXml(
          'Messages',
          texts.map((text) => ['MessageBody', text] as const),
        );

        const root = readXml(Buffer.from(document));

        expect(root.name).toBe('Messages');
        expect(root.children.map((child) => child.text)).toEqual(texts);
      }),
    );
  });

  it('is read or refused as MalformedXML, never anything else', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<a>',
        '</a>',
        '<b/>',
        '&',
        '&amp;',
        '&#65;',
        '&#x110000;',
        '<![CDATA[',
        ']]>',
        '<!--',
        '-->',
      ),
      fc.constantFrom(
        '<?xml version="1.0"?>',
        '<!DOCTYPE a>',
        '<a b="c">',
        '<__proto__>',
        '</__proto__>',
        ' ',
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          readXml(Buffer.from(pieces.join('')));
        } catch (error) {
          expect(error).toMatchObject({ code: 'MalformedXML' });
        }
      }),
    );
  });

  it('that is no UTF-8 is refused', () => {
    expect(() => readXml(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]))).toThrow(
      expect.objectContaining({ code: 'MalformedXML' }),
    );
  });

  it.each([
    ['<Messages/>', 'Messages'],
    ['<?xml version="1.0" encoding="UTF-8"?>\n<m:Messages xmlns:m="x">', 'Messages'],
    ['\uFEFF <Message xmlns="x">', 'Message'],
    ['', undefined],
    ['no', undefined],
  ])('%j tells its root %s without being read', (text, root) => {
    expect(rootName(Buffer.from(text))).toBe(root);
  });
});
