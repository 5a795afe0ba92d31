/** Who one is, at the foot of the sidebar. */
import { Badge } from "../parts/Badge.tsx";
import { IconButton } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { door } from "./access.ts";
import type { Principal } from "./door.ts";
import { startAnew } from "./SignIn.tsx";

export function Who({ principal }: { principal: Principal }) {
  const name = principal.email ?? principal.id;
  return (
    <div className="who" role="group" aria-label="Signed in">
      <Icon name="user" />
      <span className="who-name" title={name === principal.id ? name : `${name} (${principal.id})`}>
        {name}
      </span>
      <Badge>{principal.role}</Badge>
      <IconButton icon="exit" label="Sign out" onClick={() => void door.signOut().then(startAnew)} />
    </div>
  );
}
