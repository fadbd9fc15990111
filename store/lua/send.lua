#!lua
-- Look at a conversation's deliveries: drop what may not be sent any more, lease the entry that may go out now, or find
-- out when to look again.
-- Keys: the bundle. Arguments: {id, now, til, token, route}.
-- Returns: null when it is not time or nothing may go out, else
--   [head, seq, row, sealed entry, sealed address, wrapped key].
-- needs: keys head mail rows labels wipe
local look = redis.call('ZSCORE', K.ddue, A.id)
if not look or tonumber(look) > A.now then
  return false
end
local h = load_head()
if not h or h.route ~= A.route then
  redis.call('ZREM', K.ddue, A.id)
  return false
end
local unsaved = false
if h.dtil then
  if h.dtil > A.now then
    redis.call('ZADD', K.ddue, h.dtil, A.id)
    return false
  end
  -- Its sender is gone: the entry may have been sent.
  if place_of(h, h.dseq) then
    local row = get_row(h.dseq)
    row[MAYBE], row[TRIES] = 1, h.dtries
    put_row(h.dseq, row)
  end
  h.dtil, h.dtok, h.dseq = nil, nil, nil
  unsaved = true
end

local rows, kept, dropped = {}, {}, 0
for i, seq in ipairs(h.open) do
  local row = get_row(seq)
  local why = nil
  if row[KIND] == BOT then
    why = row[EPOCH] < h.epoch and 'm' or (row[EXPIRES] >= 0 and row[EXPIRES] <= A.now and 'x') or nil
  end
  if why then
    row[STATE], row[DUE], row[CHANGED] = DROPPED, 0, A.now
    put_row(seq, row)
    -- Not sealed: one of four sentences that store.rules knows.
    set_reason(seq, why .. row[MAYBE])
    dropped = dropped + 1
  else
    kept[#kept + 1] = seq
    rows[seq] = row
  end
end
if dropped > 0 then
  h.open = kept
  redis.call('HINCRBY', K.meta, 'open', -dropped)
  note_oldest(h)
  changed()
  local over = finish_rest(h, A.now, false)
  if over == 'gone' then
    return false
  end
  unsaved = true
end

local crisis, when = nil, nil
for _, seq in ipairs(h.open) do
  local row = rows[seq]
  if row[KIND] == CRISIS and not crisis then
    crisis = seq
  end
  if row[KIND] == BOT and row[EXPIRES] >= 0 then
    when = math.min(when or row[EXPIRES], row[EXPIRES])
  end
end
local chosen = nil
for _, seq in ipairs({ h.open[1], crisis }) do
  if rows[seq][DUE] <= A.now then
    chosen = seq
    break
  end
  when = math.min(when or rows[seq][DUE], rows[seq][DUE])
end
if not chosen then
  due_at(K.ddue, when)
  if unsaved then
    save_head(h)
  end
  return false
end
h.dseq, h.dtok, h.dtil, h.dtries, h.dat = chosen, A.token, A.til, rows[chosen][TRIES] + 1, A.now
save_head(h)
redis.call('ZADD', K.ddue, A.til, A.id)
return {
  redis.call('HGET', K.head, 'm'), chosen, redis.call('HGET', K.row, chosen),
  redis.call('LINDEX', K.log, chosen - h.last - 1), redis.call('HGET', K.head, 'a'), redis.call('HGET', K.keys, A.id),
}
