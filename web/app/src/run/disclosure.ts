/** Whether something is unfolded: as the run goes, until the reader decides otherwise. */
import { useState } from "react";

export function useDisclosure(isOpenByItself: boolean): [isOpen: boolean, toggle: () => void] {
  const [chosen, choose] = useState<boolean | null>(null);
  const isOpen = chosen ?? isOpenByItself;
  return [isOpen, () => choose(!isOpen)];
}
