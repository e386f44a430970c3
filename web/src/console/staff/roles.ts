/** Rules of roles that save a round trip; the API has the last word. */
import type { Role } from "../../api/schema";

export const ROLES: readonly Role[] = ["reviewer", "maker", "shipper", "branch", "finance", "support", "admin"];

/** What a change of roles takes and gives. */
export interface RoleChange {
  taken: Role[];
  given: Role[];
  /** Another branch than before, with the role as it was. */
  moved: boolean;
}

interface Assigned {
  roles: readonly Role[];
  branch?: string | null | undefined;
}

export function roleChange(before: Assigned, after: Assigned): RoleChange {
  return {
    taken: before.roles.filter((role) => !after.roles.includes(role)),
    given: after.roles.filter((role) => !before.roles.includes(role)),
    moved:
      before.roles.includes("branch") &&
      after.roles.includes("branch") &&
      (before.branch ?? null) !== (after.branch ?? null),
  };
}

/** What gives anything waits as a whole for a second administrator; what only takes away is done at once. */
export function waits({ given, moved }: RoleChange): boolean {
  return given.length > 0 || moved;
}

/** May this role be chosen beside the others? `admin` goes with no other. */
export function isChoosable(role: Role, chosen: readonly Role[]): boolean {
  return role === "admin" ? chosen.every((one) => one === "admin") : !chosen.includes("admin");
}
