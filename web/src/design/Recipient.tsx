import type { Address } from "../api/schema";
import { formatPlace } from "./format-place";

/** Who a parcel goes to, and below it where. */
export function Recipient({ address }: { address: Address }) {
  return (
    <>
      {address.name} <span className="num">{address.mobile}</span>
      <br />
      {formatPlace(address)}
    </>
  );
}
