import { useId, type ReactNode } from 'react';
import type { FactValue, Field } from '../../api/types.js';
import { digits, majorOf } from '../../format.js';
import { sellers } from '../../texts/sellers.js';

const { deal: t } = sellers;

/** What somebody typed for a fact, before it is one. */
export type Typed = string;

export function typedOf(value: FactValue | undefined): Typed {
  if (value === undefined) return '';
  if (typeof value === 'object') return String(majorOf(value));
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

/** The fact that was meant; null where nothing stands there. What does not fit is handed on as it is, and the service says why. */
export function factOf(typed: Typed, field: Field, currency: string): FactValue | null {
  const text = typed.trim();
  if (text === '') return null;
  switch (field.type) {
    case 'yesno':
      return text === 'yes';
    case 'number':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'money': {
      const number = Number(text.replace(',', '.'));
      return Number.isFinite(number) ? { minor: Math.round(number * 10 ** digits(currency)), currency } : text;
    }
    case 'text':
    case 'date':
    case 'choice':
      return text;
  }
}

/** The field of a form for one fact. */
export function FactInput({
  field,
  typed,
  currency,
  wrong,
  required = false,
  onType,
}: {
  readonly field: Field;
  readonly typed: Typed;
  readonly currency: string;
  readonly wrong?: string | undefined;
  readonly required?: boolean;
  readonly onType: (typed: Typed) => void;
}): ReactNode {
  const id = useId();
  const common = {
    id,
    value: typed,
    'aria-invalid': wrong !== undefined,
    'aria-required': required,
    ...(wrong === undefined ? {} : { 'aria-describedby': `${id}-wrong` }),
    onChange: ({ target }: { readonly target: { readonly value: string } }) => onType(target.value),
  };
  return (
    <div className="field">
      <label htmlFor={id}>
        {field.label}
        {field.type === 'money' ? ` (${currency})` : ''}
        {required && <span aria-hidden="true"> *</span>}
      </label>
      {field.type === 'yesno' || field.type === 'choice' ? (
        <select {...common}>
          <option value="">{t.choose}</option>
          {(field.type === 'choice'
            ? field.of.map((one) => [one, one])
            : [
                ['yes', t.yes],
                ['no', t.no],
              ]
          ).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          autoComplete="off"
          {...(field.type === 'date'
            ? { type: 'date' }
            : field.type === 'number'
              ? { type: 'number', step: 'any', min: field.min, max: field.max }
              : field.type === 'money'
                ? { inputMode: 'decimal' as const }
                : {})}
        />
      )}
      {wrong !== undefined && (
        <p id={`${id}-wrong`} className="wrong">
          {wrong}
        </p>
      )}
    </div>
  );
}
