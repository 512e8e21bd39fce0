import { useState, type FormEvent, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask, Problem } from '../api/client.js';
import { speakAs } from '../api/session.js';
import type { LocalPerson, Page } from '../api/types.js';
import { Waiting } from '../components/page.js';
import { ProblemBox } from '../components/problem-box.js';
import { common } from '../texts/common.js';
import { homeOf, PLACES } from './navigation.js';

const { signIn: t } = common;

/** Who speaks: in local mode one of the people the service knows, elsewhere whoever the token names. */
export function SignIn(): ReactNode {
  const people = useQuery<Page<LocalPerson>, Problem>({
    queryKey: ['/v1/local/people'],
    queryFn: () => ask('/v1/local/people'),
    retry: (count, problem) => problem.status === 0 && count < 5,
  });
  const [problem, setProblem] = useState<unknown>(null);
  const speakFor = async (name: string): Promise<void> => {
    try {
      const { token } = await ask<{ readonly token: string }>('/v1/local/tokens', { method: 'POST', json: { name } });
      speakAs(token);
    } catch (error) {
      setProblem(error);
    }
  };
  const isElsewhere = people.error?.status === 404;
  return (
    <main className="sign-in">
      <h1>{t.title}</h1>
      {people.isPending && <Waiting lines={3} />}
      {people.error && !isElsewhere && <ProblemBox problem={people.error} again={() => void people.refetch()} />}
      {people.data && (
        <section>
          <p className="dimmed">{t.local}</p>
          <p className="dimmed">{t.everybody}</p>
          <ul className="people" aria-label={t.people}>
            {people.data.items.map(({ name, roles, team }) => (
              <li key={name}>
                <button type="button" onClick={() => void speakFor(name)}>
                  <strong>{name}</strong>
                  <span className="dimmed">
                    {roles.join(', ') || t.noRoles}
                    {team === null ? '' : ` · ${team}`}
                  </span>
                  <small className="dimmed">{told(roles)}</small>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {problem !== null && <ProblemBox problem={problem} />}
      <WithToken />
    </main>
  );
}

/** What somebody with these roles mostly does, and the page they begin with. */
function told(roles: readonly string[]): string {
  const home = PLACES.find(({ to }) => to === homeOf(roles));
  return [...roles.flatMap((role) => t.does[role] ?? []), ...(home ? [t.begins(home.label)] : [])].join(', ');
}

function WithToken(): ReactNode {
  const [token, setToken] = useState('');
  const [wrong, setWrong] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setWrong(!speakAs(token));
  };
  return (
    <form className="stack" onSubmit={submit}>
      <h2>{t.token}</h2>
      <label className="field">
        <span className="dimmed">{t.tokenHelp}</span>
        <textarea
          rows={3}
          value={token}
          spellCheck={false}
          aria-invalid={wrong}
          onChange={({ target }) => setToken(target.value)}
        />
      </label>
      {wrong && (
        <p className="wrong" role="alert">
          {t.unreadable}
        </p>
      )}
      <div>
        <Button type="submit" variant="default" disabled={token.trim() === ''}>
          {t.use}
        </Button>
      </div>
    </form>
  );
}
