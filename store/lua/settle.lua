#!lua
-- Write how a send ended.
-- durable: yes
-- Keys: the bundle. Arguments: {id, gen, token, route, now, state (sent, retry, uncertain, held, failed), due (nil: final),
--   attempt (0 or 1), miss (0 or 1), reason (sealed or ''), pids (16 bytes each, or ''), failed (the event's item, or ''),
--   strays [{state, at, reason, plainly, failed, pid}]}.
-- Returns: 0 when the lease is lost (nothing written) | another route (nothing written) | 1 when it was settled already
--   (nothing written) | [due or null, next look or null].
-- needs: keys head mail rows labels wipe raise
local h = load_head()
if not h or h.gen ~= A.gen or h.dtok ~= A.token then
  return 0
end
if h.route ~= A.route then
  return h.route
end
if not h.dtil then
  return 1
end
local seq = h.dseq
local row = get_row(seq)
if A.pids ~= '' then
  local known = h.dtries > 1 and redis.call('HGET', K.row, 'p' .. seq) or ''
  redis.call('HSET', K.row, 'p' .. seq, known .. A.pids)
end
h.dtil, h.dseq = nil, nil
-- A receipt may have closed the entry while it was being sent again; then only the lease ends here.
local written = place_of(h, seq)
if written then
  row[TRIES] = h.dtries - (1 - A.attempt)
  row[MISSED] = row[MISSED] + A.miss
  row[CHANGED] = A.now
  row[DUE] = A.due or 0
  if A.state == 'sent' then
    row[STATE] = SENT
  elseif A.state == 'retry' then
    row[STATE] = row[MAYBE] == 1 and UNCERTAIN or PENDING
  elseif A.state == 'uncertain' then
    row[STATE], row[MAYBE] = UNCERTAIN, 1
  elseif A.state == 'held' then
    row[STATE] = HELD
    h.held = true
  else
    row[STATE] = FAILED
  end
  put_row(seq, row)
  set_reason(seq, A.reason)
  if not A.due then
    close_row(h, seq)
  end
  if row[STATE] == FAILED then
    report(h, seq, A.failed, A.now)
  end
end
if #h.open == 0 then
  due_at(K.ddue, nil)
elseif #h.open > 1 or not written or not A.due then
  due_at(K.ddue, A.now)
else
  due_at(K.ddue, row[KIND] == BOT and row[EXPIRES] >= 0 and math.min(A.due, row[EXPIRES]) or A.due)
end
changed()
for _, told in ipairs(A.strays) do
  raise(h, seq, told, A.now)
end
-- Receipts that came between the registration of the provider's id and this step.
for i = 1, #A.pids, 16 do
  local pid = string.sub(A.pids, i, i + 15)
  local early = redis.call('HGET', K.early, pid)
  if early then
    redis.call('HDEL', K.early, pid)
    raise(h, seq, cmsgpack.unpack(early), A.now)
  end
end
if finish_rest(h, A.now, false) ~= 'gone' then
  save_head(h)
end
return { redis.call('ZSCORE', K.due, A.id), redis.call('ZSCORE', K.ddue, A.id) }
