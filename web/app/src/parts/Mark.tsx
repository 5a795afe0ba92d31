/** The mark of Cantata. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8 19v-6M12.8 22V10M17.6 18.5v-5M22.4 24V8" fill="none" strokeWidth="2.6" strokeLinecap="round" />
    </svg>
  );
}
