-- Receipts: raise an entry to what the provider told, give it back, or report its failure. States only go up.
local TOLD = { sent = SENT, delivered = DELIVERED, read = READ }
local HELD_FIRST, HELD_FOR = 2000, 86400000 -- store.rules.held_for; a test compares them

-- Put the event of a failure into the mailbox, once per entry; not for the rest of an erased person.
local function report(h, seq, item, now)
  if item ~= '' and not (h.erased and seq <= h.rest) then
    post(h, item, now)
  end
end

local function give_back(h, seq, row, told, now)
  redis.call('HDEL', K.row, 'p' .. seq)
  open_row(h, seq)
  row[CHANGED] = told.at
  if told.state == 'held' then
    row[STATE] = HELD
    row[DUE] = now + (row[BACK] == 0 and HELD_FIRST or HELD_FOR)
    row[BACK] = row[BACK] + 1
    h.held = true
  else
    row[STATE], row[DUE], row[PLAIN] = PENDING, now, 1
  end
  put_row(seq, row)
  set_reason(seq, told.reason)
  if not h.dtil then
    -- A look at once finds out whether it may still be sent: it may have expired, or the microphone moved on.
    sooner(K.ddue, now)
  end
  changed()
end

-- `told` has state, at, reason (sealed), plainly (what the reason is when there is none) and failed (the event's item).
local function raise(h, seq, told, now)
  local row = get_row(seq)
  local state = told.state
  if not row then
    return
  end
  local before = row[STATE]
  if state == 'held' or state == 'again' then
    if before ~= PENDING and before ~= UNCERTAIN and before ~= SENT then
      return
    end
    if state == 'held' or row[PLAIN] == 0 then
      return give_back(h, seq, row, told, now)
    end
    state = 'failed'
  end
  local after
  if state == 'failed' then
    after = (before == DELIVERED or before == READ or before == FAILED or before == DROPPED) and before or FAILED
  else
    after = (before >= FAILED or TOLD[state] <= before) and before or TOLD[state]
  end
  if after == before then
    return
  end
  row[STATE], row[DUE], row[CHANGED] = after, 0, told.at
  put_row(seq, row)
  set_reason(seq, told.reason ~= '' and told.reason or (after == FAILED and told.plainly or ''))
  if place_of(h, seq) then
    close_row(h, seq)
    if not h.dtil then
      -- A send under way keeps its lease; its settling finds the entry closed.
      due_at(K.ddue, #h.open > 0 and now or nil)
    end
  end
  changed()
  if after == FAILED then
    report(h, seq, told.failed, now)
  end
end
