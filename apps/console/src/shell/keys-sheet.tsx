import type { ReactNode } from 'react';
import { Dialog } from '../components/dialog.js';
import { common } from '../texts/common.js';
import { PLACES } from './navigation.js';

/** Every key of the console. */
export function KeysSheet({ onClose }: { readonly onClose: () => void }): ReactNode {
  const places = PLACES.flatMap(({ key, label }) => (key === undefined ? [] : [[`g then ${key}`, label] as const]));
  return (
    <Dialog title={common.keys.title} onClose={onClose}>
      <table className="keys">
        <tbody>
          {[...common.keys.rows, ...places].map(([key, does]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
