-- A database as version 0.1.0 with the migrations up to 0009 left it on Postgres, by pg_dump --inserts: it died while two answers were written.
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE FUNCTION public.append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
      raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
    end $$;
CREATE FUNCTION public.credit_account_reconciles() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    declare
      account_balance bigint;
      last_balance bigint;
    begin
      select balance into account_balance from credit_account where user_id = new.user_id;
      select balance_after into last_balance from credit_entry where user_id = new.user_id order by id desc limit 1;
      if account_balance <> coalesce(last_balance, 0) then
        raise exception 'credit account and its entries disagree: % and %', account_balance, last_balance
          using errcode = 'check_violation';
      end if;
      return null;
    end $$;
CREATE FUNCTION public.credit_entry_follows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    declare
      balance_before bigint;
    begin
      select balance_after into balance_before from credit_entry
      where user_id = new.user_id and id < new.id order by id desc limit 1;
      if coalesce(balance_before, 0) + new.amount <> new.balance_after then
        raise exception 'a credit entry does not follow from the one before it: % and % make no %',
          coalesce(balance_before, 0), new.amount, new.balance_after using errcode = 'check_violation';
      end if;
      return new;
    end $$;
CREATE FUNCTION public.fold_for_search(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
         select case when octet_length($1) = length($1) then ' ' || regexp_replace(regexp_replace(translate((lower($1 collate "C") collate "C"), '#$%&*+-./<=>@\^_|~', 'ꀀꀁꀂꀃꀄꀅꀆꀇꀈꀉꀊꀋꀌꀍꀎꀏꀐꀑ'), $gaps$[[:space:][:cntrl:]!"'(),:;?`{}\[\]¡¿«»·„“”\u2000-\u206f\u3000-\u3004\u3008-\u3020\u30fb]+$gaps$, ' ', 'g'), '([\ua000-\ua011\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])', ' \1 ', 'g') || ' ' else ' ' || regexp_replace(regexp_replace(translate(normalize(translate(replace(replace(replace(replace((lower(regexp_replace(normalize($1, NFKD), '[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]+', '', 'g') collate "und-x-icu") collate "C"), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'øđðłħıŋς', 'oddlhinσ'), NFC), '#$%&*+-./<=>@\^_|~', 'ꀀꀁꀂꀃꀄꀅꀆꀇꀈꀉꀊꀋꀌꀍꀎꀏꀐꀑ'), $gaps$[[:space:][:cntrl:]!"'(),:;?`{}\[\]¡¿«»·„“”\u2000-\u206f\u3000-\u3004\u3008-\u3020\u30fb]+$gaps$, ' ', 'g'), '([\ua000-\ua011\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])', ' \1 ', 'g') || ' ' end
       $_$;
CREATE FUNCTION public.monthly_credits() RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
      -- What a JavaScript number holds, at most.
      select least(coalesce(sum(held + case when charged_month >= this_month then charged else 0 end), 0),
        9007199254740991)::bigint
      from credit_account, (
        select date_trunc('month', statement_timestamp() at time zone 'UTC')::date as this_month offset 0
      ) as calendar
    $$;
CREATE FUNCTION public.require_monthly_credits(most bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
    declare
      spent bigint;
    begin
      perform pg_advisory_xact_lock(hashtext('polylogue.monthly-credits'));
      select monthly_credits() into spent;
      if spent > most then
        raise exception 'the monthly credits of all accounts are spent' using errcode = 'PL003', detail = spent::text;
      end if;
    end $$;
CREATE FUNCTION public.session_of_suspended() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    declare
      user_suspended boolean;
    begin
      select suspended into user_suspended from "user" where id = new.user_id for share;
      if user_suspended then
        raise exception 'the user is suspended' using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
CREATE FUNCTION public.user_first_is_admin() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
      if not exists (select from "user") then
        perform pg_advisory_xact_lock(hashtext('polylogue.first-admin'));
        if not exists (select from "user") then
          new.role := 'ADMIN';
        end if;
      end if;
      return new;
    end $$;
CREATE FUNCTION public.user_is_admitted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    declare
      used invitation;
    begin
      if new.admitted_as = 'FIRST' then
        perform pg_advisory_xact_lock(hashtext('polylogue.first-admin'));
        if exists (select from "user") then
          raise exception 'somebody was first' using errcode = 'PL001';
        end if;
      end if;
      if new.admitted_as = 'INVITATION' then
        update invitation set uses = uses + 1
        where id = new.invitation_id and revoked_at is null and coalesce(expires_at > now(), true)
          and coalesce(uses < uses_max, true)
        returning * into used;
        if not found then
          raise exception 'the invitation is not valid any more' using errcode = 'PL002';
        end if;
        new.tier := used.tier;
        insert into audit_entry (actor_id, action, target, note)
        values (used.created_by, 'invite', new.email, 'by invitation ' || right(used.id::text, 12) || ', plan ' || used.tier);
      end if;
      return new;
    end $$;
CREATE TABLE public.account (
    id text NOT NULL,
    user_id text NOT NULL,
    provider_id text NOT NULL,
    account_id text NOT NULL,
    password text,
    access_token text,
    refresh_token text,
    id_token text,
    access_token_expires_at timestamp with time zone,
    refresh_token_expires_at timestamp with time zone,
    scope text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.api_key (
    id text NOT NULL,
    user_id text NOT NULL,
    config_id text NOT NULL,
    name text,
    start text,
    prefix text,
    key text NOT NULL,
    refill_interval integer,
    refill_amount integer,
    last_refill_at timestamp with time zone,
    enabled boolean,
    rate_limit_enabled boolean,
    rate_limit_time_window integer,
    rate_limit_max integer,
    request_count integer,
    remaining integer,
    last_request timestamp with time zone,
    expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    permissions text,
    metadata text,
    scopes text[] DEFAULT '{READ,PROMPT}'::text[] NOT NULL,
    CONSTRAINT api_key_scopes_check CHECK (((scopes <@ ARRAY['READ'::text, 'PROMPT'::text, 'ADMIN'::text]) AND (cardinality(scopes) > 0)))
);
CREATE TABLE public.attempt_count (
    key text NOT NULL,
    points integer DEFAULT 0 NOT NULL,
    expire bigint
);
CREATE TABLE public.audit_entry (
    id bigint NOT NULL,
    actor_id text,
    action text NOT NULL,
    target text,
    note text,
    created_at timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL,
    occurrences integer DEFAULT 1 NOT NULL,
    period timestamp with time zone
);
ALTER TABLE public.audit_entry ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.conversation (
    id uuid NOT NULL,
    user_id text NOT NULL,
    title text NOT NULL,
    titled_by_user boolean NOT NULL,
    model_ids text[] NOT NULL,
    system_prompt text,
    pinned boolean DEFAULT false NOT NULL,
    archived boolean DEFAULT false NOT NULL,
    created_at timestamp(3) with time zone DEFAULT now() NOT NULL,
    updated_at timestamp(3) with time zone DEFAULT now() NOT NULL,
    active_at timestamp(3) with time zone DEFAULT now() NOT NULL,
    folded text GENERATED ALWAYS AS (public.fold_for_search(title)) STORED NOT NULL
);
CREATE TABLE public.credit_account (
    user_id text NOT NULL,
    balance bigint DEFAULT 0 NOT NULL,
    held bigint DEFAULT 0 NOT NULL,
    topped_up_month date,
    topped_up_to bigint DEFAULT 0 NOT NULL,
    charged_month date,
    charged bigint DEFAULT 0 NOT NULL,
    CONSTRAINT credit_account_charged_check CHECK ((charged >= 0)),
    CONSTRAINT credit_account_covered CHECK (((0 <= held) AND (held <= balance)))
);
CREATE TABLE public.credit_entry (
    id bigint NOT NULL,
    user_id text NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    balance_after bigint NOT NULL,
    response_id uuid,
    note text,
    created_at timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT credit_entry_amount_check CHECK ((amount <> 0)),
    CONSTRAINT credit_entry_balance_after_check CHECK ((balance_after >= 0)),
    CONSTRAINT credit_entry_check CHECK (((kind <> 'CHARGE'::text) OR ((amount < 0) AND (response_id IS NOT NULL)))),
    CONSTRAINT credit_entry_check1 CHECK (((kind <> 'GRANT'::text) OR (amount > 0))),
    CONSTRAINT credit_entry_kind_check CHECK ((kind = ANY (ARRAY['GRANT'::text, 'CHARGE'::text, 'ADJUSTMENT'::text])))
);
ALTER TABLE public.credit_entry ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.credit_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.deleted_admission (
    user_id text NOT NULL,
    admitted_at timestamp(3) with time zone NOT NULL
);
CREATE TABLE public.invitation (
    id uuid NOT NULL,
    created_by text,
    tier text NOT NULL,
    uses integer DEFAULT 0 NOT NULL,
    uses_max integer,
    expires_at timestamp(3) with time zone,
    revoked_at timestamp(3) with time zone,
    created_at timestamp(3) with time zone DEFAULT now() NOT NULL,
    CONSTRAINT invitation_not_overused CHECK ((uses <= uses_max)),
    CONSTRAINT invitation_tier_check CHECK ((tier = ANY (ARRAY['FREE'::text, 'PRO'::text, 'ENTERPRISE'::text]))),
    CONSTRAINT invitation_uses_check CHECK ((uses >= 0)),
    CONSTRAINT invitation_uses_max_check CHECK ((uses_max > 0))
);
CREATE TABLE public.kysely_migration (
    name text NOT NULL,
    "timestamp" text NOT NULL
);
CREATE TABLE public.model_setting (
    model_id text NOT NULL,
    enabled boolean NOT NULL
);
CREATE TABLE public.receipt (
    response_id uuid NOT NULL,
    user_id text NOT NULL,
    model_id text NOT NULL,
    provider_id text NOT NULL,
    status text NOT NULL,
    input_tokens bigint NOT NULL,
    cached_input_tokens bigint NOT NULL,
    cache_write_input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    estimated boolean NOT NULL,
    input_price bigint NOT NULL,
    cached_input_price bigint NOT NULL,
    cache_write_input_price bigint NOT NULL,
    output_price bigint NOT NULL,
    request_price bigint NOT NULL,
    credits_held bigint NOT NULL,
    credits bigint NOT NULL,
    cost_usd numeric(24,12) NOT NULL,
    first_token_ms integer,
    created_at timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL,
    cost_reported boolean DEFAULT false NOT NULL,
    CONSTRAINT receipt_check CHECK (((credits >= 0) AND (credits <= credits_held)))
);
CREATE TABLE public.response (
    id uuid NOT NULL,
    turn_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    user_id text NOT NULL,
    lane integer NOT NULL,
    regenerated boolean DEFAULT false NOT NULL,
    model_id text NOT NULL,
    served_by text,
    status text NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    reasoning text DEFAULT ''::text NOT NULL,
    refusal text,
    citations jsonb DEFAULT '[]'::jsonb NOT NULL,
    finish_reason text,
    failure_code text,
    failure_message text,
    attempts jsonb DEFAULT '[]'::jsonb NOT NULL,
    input_tokens bigint,
    cached_input_tokens bigint,
    cache_write_input_tokens bigint,
    output_tokens bigint,
    reasoning_tokens bigint,
    usage_estimated boolean,
    input_tokens_expected bigint NOT NULL,
    credits_held bigint NOT NULL,
    credits_charged bigint,
    first_token_ms integer,
    duration_ms integer,
    created_at timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp(3) with time zone,
    lease_owner uuid,
    lease_until timestamp(3) with time zone,
    stop_requested boolean DEFAULT false NOT NULL,
    folded text GENERATED ALWAYS AS (public.fold_for_search(text)) STORED NOT NULL,
    chosen_at timestamp(3) with time zone,
    continues_id uuid,
    CONSTRAINT response_check CHECK (((credits_charged >= 0) AND (credits_charged <= credits_held))),
    CONSTRAINT response_check1 CHECK (((status = ANY (ARRAY['QUEUED'::text, 'STREAMING'::text])) = (finished_at IS NULL))),
    CONSTRAINT response_check2 CHECK (((status = ANY (ARRAY['QUEUED'::text, 'STREAMING'::text])) = (lease_until IS NOT NULL))),
    CONSTRAINT response_check3 CHECK (((status = ANY (ARRAY['QUEUED'::text, 'STREAMING'::text])) = (credits_charged IS NULL))),
    CONSTRAINT response_credits_held_check CHECK ((credits_held >= 0)),
    CONSTRAINT response_lane_check CHECK ((lane >= 0)),
    CONSTRAINT response_status_check CHECK ((status = ANY (ARRAY['QUEUED'::text, 'STREAMING'::text, 'COMPLETED'::text, 'FAILED'::text, 'STOPPED'::text, 'INTERRUPTED'::text])))
);
CREATE TABLE public.response_chunk (
    response_id uuid NOT NULL,
    part text NOT NULL,
    start integer NOT NULL,
    content text NOT NULL,
    CONSTRAINT response_chunk_part_check CHECK ((part = ANY (ARRAY['text'::text, 'reasoning'::text]))),
    CONSTRAINT response_chunk_start_check CHECK ((start >= 0))
);
CREATE TABLE public.session (
    id text NOT NULL,
    user_id text NOT NULL,
    token text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ip_address text,
    user_agent text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.spent_idempotency_key (
    user_id text NOT NULL,
    key text NOT NULL,
    spent_at timestamp(3) with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.turn (
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    user_id text NOT NULL,
    parent_id uuid,
    depth integer NOT NULL,
    prompt text NOT NULL,
    parameters jsonb DEFAULT '{}'::jsonb NOT NULL,
    idempotency_key text,
    chosen_response_id uuid,
    created_at timestamp(3) with time zone DEFAULT clock_timestamp() NOT NULL,
    folded text GENERATED ALWAYS AS (public.fold_for_search(prompt)) STORED NOT NULL,
    chosen_lane integer,
    CONSTRAINT turn_depth_check CHECK ((depth >= 0))
);
CREATE TABLE public."user" (
    id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    email_verified boolean DEFAULT false NOT NULL,
    image text,
    role text DEFAULT 'USER'::text NOT NULL,
    tier text DEFAULT 'FREE'::text NOT NULL,
    suspended boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    admitted_as text DEFAULT 'OPEN'::text NOT NULL,
    invitation_id uuid,
    CONSTRAINT user_admitted_as_check CHECK ((admitted_as = ANY (ARRAY['FIRST'::text, 'OPEN'::text, 'DOMAIN'::text, 'INVITATION'::text, 'OPERATOR'::text]))),
    CONSTRAINT user_invited CHECK (((admitted_as = 'INVITATION'::text) = (invitation_id IS NOT NULL))),
    CONSTRAINT user_role_check CHECK ((role = ANY (ARRAY['USER'::text, 'ADMIN'::text]))),
    CONSTRAINT user_tier_check CHECK ((tier = ANY (ARRAY['FREE'::text, 'PRO'::text, 'ENTERPRISE'::text])))
);
CREATE TABLE public.verification (
    id text NOT NULL,
    identifier text NOT NULL,
    value text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
INSERT INTO public.account VALUES ('01a22403-91ae-70cb-823b-7803823a37f3', '01a22403-9183-72aa-98c7-df1c49599e7c', 'credential', '01a22403-9183-72aa-98c7-df1c49599e7c', '99ddedb0f6819b222bb9ee241c51f99a:24f395269827060c3f3508df1512e0a6c408c0dffcc3d0e4a9bf45150965f954d9b448f316846b840e44cce9f1d1859fb06f416a169e04515b0e388e6ee5f6cf', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 21:15:43.402+00', '2026-11-28 21:15:43.402+00');
INSERT INTO public.account VALUES ('01a22403-95ef-71ac-a859-bee0e17a70bc', '01a22403-95e7-763b-a311-b332f97bed67', 'credential', '01a22403-95e7-763b-a311-b332f97bed67', '948f8894fd29e7f02b917d6071482c62:aab6b008733417f5f915c3f84bfc888b61345247228989bf86071b9649519a28a78ca4e5964f1287edcdc9261b1c9ec56a36030fe303871eeb12e62f504d4f70', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-28 21:15:44.495+00', '2026-11-28 21:15:44.495+00');
INSERT INTO public.attempt_count VALUES ('sign-up:EsoXtJryKJQ28wPgFmAwoh5SXSZuIJJnQzgBqP1AcaA', 2, 1795904142781);
INSERT INTO public.conversation VALUES ('01a22403-9705-7610-88d3-a002181a925d', '01a22403-95e7-763b-a311-b332f97bed67', 'What is it?', false, '{openai/gpt-4.1-mini}', NULL, false, false, '2026-11-28 21:15:44.726+00', '2026-11-28 21:15:46.082+00', '2026-11-28 21:15:46.118+00', DEFAULT);
INSERT INTO public.conversation VALUES ('01a22403-9d69-716c-972d-a612234de7b3', '01a22403-95e7-763b-a311-b332f97bed67', 'Fail at once', false, '{openai/gpt-4.1-mini}', NULL, false, false, '2026-11-28 21:15:46.404+00', '2026-11-28 21:15:46.606+00', '2026-11-28 21:15:46.615+00', DEFAULT);
INSERT INTO public.conversation VALUES ('01a22403-9ee6-76ab-bab5-2d84ca453170', '01a22403-95e7-763b-a311-b332f97bed67', 'Stop me', false, '{openai/gpt-4.1-mini}', NULL, false, false, '2026-11-28 21:15:46.785+00', '2026-11-28 21:15:46.785+00', '2026-11-28 21:15:46.785+00', DEFAULT);
INSERT INTO public.conversation VALUES ('01a22403-a80e-734b-9607-e3fa98a5cf05', '01a22403-95e7-763b-a311-b332f97bed67', 'Die while writing', false, '{openai/gpt-4.1-mini}', NULL, false, false, '2026-11-28 21:15:49.13+00', '2026-11-28 21:15:49.13+00', '2026-11-28 21:15:49.13+00', DEFAULT);
INSERT INTO public.conversation VALUES ('01a22403-ae2a-76ad-8991-5f9753508a01', '01a22403-95e7-763b-a311-b332f97bed67', 'Die before a word', false, '{openai/gpt-4.1-mini}', NULL, false, false, '2026-11-28 21:15:50.688+00', '2026-11-28 21:15:50.688+00', '2026-11-28 21:15:50.688+00', DEFAULT);
INSERT INTO public.credit_account VALUES ('01a22403-95e7-763b-a311-b332f97bed67', 999999999871, 105704, '2026-11-01', 1000000000000, '2026-11-01', 129);
INSERT INTO public.credit_entry OVERRIDING SYSTEM VALUE VALUES (1, '01a22403-95e7-763b-a311-b332f97bed67', 'GRANT', 1000000000000, 1000000000000, NULL, 'Monthly credits', '2026-11-28 21:15:44.751+00');
INSERT INTO public.credit_entry OVERRIDING SYSTEM VALUE VALUES (2, '01a22403-95e7-763b-a311-b332f97bed67', 'CHARGE', -21, 999999999979, '01a22403-9708-71b5-8d03-c22534d9ad49', NULL, '2026-11-28 21:15:45.967+00');
INSERT INTO public.credit_entry OVERRIDING SYSTEM VALUE VALUES (3, '01a22403-95e7-763b-a311-b332f97bed67', 'CHARGE', -13, 999999999966, '01a22403-9708-71b5-8d03-c45b1f98f07a', NULL, '2026-11-28 21:15:46.022+00');
INSERT INTO public.credit_entry OVERRIDING SYSTEM VALUE VALUES (4, '01a22403-95e7-763b-a311-b332f97bed67', 'CHARGE', -16, 999999999950, '01a22403-9c44-752a-8064-6ab3b473cb5f', NULL, '2026-11-28 21:15:46.178+00');
INSERT INTO public.credit_entry OVERRIDING SYSTEM VALUE VALUES (5, '01a22403-95e7-763b-a311-b332f97bed67', 'CHARGE', -16, 999999999934, '01a22403-9cde-73ed-9433-120177fcda84', NULL, '2026-11-28 21:15:46.314+00');
INSERT INTO public.credit_entry OVERRIDING SYSTEM VALUE VALUES (6, '01a22403-95e7-763b-a311-b332f97bed67', 'CHARGE', -13, 999999999921, '01a22403-9e30-73f6-a289-ec1c51410bdc', NULL, '2026-11-28 21:15:46.691+00');
INSERT INTO public.credit_entry OVERRIDING SYSTEM VALUE VALUES (7, '01a22403-95e7-763b-a311-b332f97bed67', 'CHARGE', -14, 999999999907, '01a22403-9ee6-76ab-bab5-317f7b1b6072', NULL, '2026-11-28 21:15:48.406+00');
INSERT INTO public.credit_entry OVERRIDING SYSTEM VALUE VALUES (8, '01a22403-95e7-763b-a311-b332f97bed67', 'CHARGE', -36, 999999999871, '01a22403-a69f-71e7-9fe3-da2a314fa9ac', NULL, '2026-11-28 21:15:48.881+00');
INSERT INTO public.kysely_migration VALUES ('0000_auth', '2026-11-28T21:15:20.288Z');
INSERT INTO public.kysely_migration VALUES ('0001_conversations', '2026-11-28T21:15:20.311Z');
INSERT INTO public.kysely_migration VALUES ('0002_credits', '2026-11-28T21:15:20.331Z');
INSERT INTO public.kysely_migration VALUES ('0003_deleted_admissions', '2026-11-28T21:15:20.334Z');
INSERT INTO public.kysely_migration VALUES ('0004_spent_idempotency_keys', '2026-11-28T21:15:20.337Z');
INSERT INTO public.kysely_migration VALUES ('0005_invitations', '2026-11-28T21:15:20.363Z');
INSERT INTO public.kysely_migration VALUES ('0006_search_parts', '2026-11-28T21:15:20.414Z');
INSERT INTO public.kysely_migration VALUES ('0007_api_key_scopes', '2026-11-28T21:15:20.421Z');
INSERT INTO public.kysely_migration VALUES ('0008_lane_versions', '2026-11-28T21:15:20.427Z');
INSERT INTO public.kysely_migration VALUES ('0009_reported_costs', '2026-11-28T21:15:20.428Z');
INSERT INTO public.receipt VALUES ('01a22403-9708-71b5-8d03-c22534d9ad49', '01a22403-95e7-763b-a311-b332f97bed67', 'openai/gpt-4.1-mini', 'openai', 'COMPLETED', 8, 0, 0, 7, 4, true, 400000, 100000, 400000, 1600000, 0, 52850, 21, 0.000020800000, 91, '2026-11-28 21:15:45.94+00', false);
INSERT INTO public.receipt VALUES ('01a22403-9708-71b5-8d03-c45b1f98f07a', '01a22403-95e7-763b-a311-b332f97bed67', 'anthropic/claude-haiku-4-5', 'anthropic', 'COMPLETED', 8, 0, 0, 1, 0, true, 1000000, 100000, 1250000, 5000000, 0, 321314, 13, 0.000013000000, 62, '2026-11-28 21:15:46.02+00', false);
INSERT INTO public.receipt VALUES ('01a22403-9c44-752a-8064-6ab3b473cb5f', '01a22403-95e7-763b-a311-b332f97bed67', 'openai/gpt-4.1-mini', 'openai', 'COMPLETED', 26, 0, 0, 3, 0, true, 400000, 100000, 400000, 1600000, 0, 52878, 16, 0.000015200000, 16, '2026-11-28 21:15:46.171+00', false);
INSERT INTO public.receipt VALUES ('01a22403-9cde-73ed-9433-120177fcda84', '01a22403-95e7-763b-a311-b332f97bed67', 'openai/gpt-4.1-mini', 'openai', 'COMPLETED', 26, 0, 0, 3, 0, true, 400000, 100000, 400000, 1600000, 0, 52878, 16, 0.000015200000, 7, '2026-11-28 21:15:46.302+00', false);
INSERT INTO public.receipt VALUES ('01a22403-9d69-716c-972d-abd59d3ca685', '01a22403-95e7-763b-a311-b332f97bed67', 'openai/gpt-4.1-mini', 'openai', 'FAILED', 0, 0, 0, 0, 0, false, 400000, 100000, 400000, 1600000, 0, 52850, 0, 0.000000000000, NULL, '2026-11-28 21:15:46.496+00', false);
INSERT INTO public.receipt VALUES ('01a22403-9e30-73f6-a289-ec1c51410bdc', '01a22403-95e7-763b-a311-b332f97bed67', 'openai/gpt-4.1-mini', 'openai', 'FAILED', 12, 0, 0, 3, 2, true, 400000, 100000, 400000, 1600000, 0, 52858, 13, 0.000012800000, 12, '2026-11-28 21:15:46.683+00', false);
INSERT INTO public.receipt VALUES ('01a22403-9ee6-76ab-bab5-317f7b1b6072', '01a22403-95e7-763b-a311-b332f97bed67', 'openai/gpt-4.1-mini', 'openai', 'STOPPED', 6, 0, 0, 3, 4, true, 400000, 100000, 400000, 1600000, 0, 52848, 14, 0.000013600000, 11, '2026-11-28 21:15:48.401+00', false);
INSERT INTO public.receipt VALUES ('01a22403-a69f-71e7-9fe3-da2a314fa9ac', '01a22403-95e7-763b-a311-b332f97bed67', 'openai/gpt-4.1-mini', 'openai', 'COMPLETED', 68, 0, 0, 5, 0, true, 400000, 100000, 400000, 1600000, 0, 52947, 36, 0.000035200000, 8, '2026-11-28 21:15:48.873+00', false);
INSERT INTO public.response VALUES ('01a22403-9708-71b5-8d03-c22534d9ad49', '01a22403-9705-7610-88d3-9c9042dd6d9c', '01a22403-9705-7610-88d3-a002181a925d', '01a22403-95e7-763b-a311-b332f97bed67', 0, false, 'openai/gpt-4.1-mini', 'openai/gpt-4.1-mini', 'COMPLETED', 'An answer in two pieces 😀.', 'First I think.', NULL, '[]', 'STOP', NULL, NULL, '[{"failure": null, "modelId": "openai/gpt-4.1-mini", "startedAt": "2026-11-28T21:15:44.800Z", "durationMs": 92}]', 8, 0, 0, 7, 4, true, 15, 52850, 21, 91, 93, '2026-11-28 21:15:44.796+00', '2026-11-28 21:15:45.902+00', NULL, NULL, false, DEFAULT, NULL, NULL);
INSERT INTO public.response VALUES ('01a22403-9708-71b5-8d03-c45b1f98f07a', '01a22403-9705-7610-88d3-9c9042dd6d9c', '01a22403-9705-7610-88d3-a002181a925d', '01a22403-95e7-763b-a311-b332f97bed67', 1, false, 'anthropic/claude-haiku-4-5', 'anthropic/claude-haiku-4-5', 'COMPLETED', 'An answer in two pieces 😀.', 'First I think.', NULL, '[]', 'STOP', NULL, NULL, '[{"failure": null, "modelId": "anthropic/claude-haiku-4-5", "startedAt": "2026-11-28T21:15:44.802Z", "durationMs": 74}]', 8, 0, 0, 1, 0, true, 15, 321314, 13, 62, 74, '2026-11-28 21:15:44.797+00', '2026-11-28 21:15:45.994+00', NULL, NULL, false, DEFAULT, NULL, NULL);
INSERT INTO public.response VALUES ('01a22403-9cde-73ed-9433-120177fcda84', '01a22403-9c44-752a-8064-6480e268702d', '01a22403-9705-7610-88d3-a002181a925d', '01a22403-95e7-763b-a311-b332f97bed67', 0, true, 'openai/gpt-4.1-mini', 'openai/gpt-4.1-mini', 'COMPLETED', 'Version two.', '', NULL, '[]', 'STOP', NULL, NULL, '[{"failure": null, "modelId": "openai/gpt-4.1-mini", "startedAt": "2026-11-28T21:15:46.273Z", "durationMs": 8}]', 26, 0, 0, 3, 0, true, 50, 52878, 16, 7, 8, '2026-11-28 21:15:46.272+00', '2026-11-28 21:15:46.294+00', NULL, NULL, false, DEFAULT, NULL, NULL);
INSERT INTO public.response VALUES ('01a22403-9c44-752a-8064-6ab3b473cb5f', '01a22403-9c44-752a-8064-6480e268702d', '01a22403-9705-7610-88d3-a002181a925d', '01a22403-95e7-763b-a311-b332f97bed67', 0, false, 'openai/gpt-4.1-mini', 'openai/gpt-4.1-mini', 'COMPLETED', 'Version one.', '', NULL, '[]', 'STOP', NULL, NULL, '[{"failure": null, "modelId": "openai/gpt-4.1-mini", "startedAt": "2026-11-28T21:15:46.121Z", "durationMs": 28}]', 26, 0, 0, 3, 0, true, 50, 52878, 16, 16, 28, '2026-11-28 21:15:46.12+00', '2026-11-28 21:15:46.162+00', NULL, NULL, false, DEFAULT, '2026-11-28 21:15:46.384+00', NULL);
INSERT INTO public.response VALUES ('01a22403-9d69-716c-972d-abd59d3ca685', '01a22403-9d69-716c-972d-a10395be0fbd', '01a22403-9d69-716c-972d-a612234de7b3', '01a22403-95e7-763b-a311-b332f97bed67', 0, false, 'openai/gpt-4.1-mini', 'openai/gpt-4.1-mini', 'FAILED', '', '', NULL, '[]', NULL, 'AUTHENTICATION', 'No such key.', '[{"failure": {"code": "AUTHENTICATION", "message": "No such key."}, "modelId": "openai/gpt-4.1-mini", "startedAt": "2026-11-28T21:15:46.422Z", "durationMs": 47}]', NULL, NULL, NULL, NULL, NULL, NULL, 14, 52850, 0, NULL, 47, '2026-11-28 21:15:46.416+00', '2026-11-28 21:15:46.487+00', NULL, NULL, false, DEFAULT, NULL, NULL);
INSERT INTO public.response VALUES ('01a22403-9e30-73f6-a289-ec1c51410bdc', '01a22403-9e30-73f6-a289-ea04cb8d42d0', '01a22403-9d69-716c-972d-a612234de7b3', '01a22403-95e7-763b-a311-b332f97bed67', 0, false, 'openai/gpt-4.1-mini', 'openai/gpt-4.1-mini', 'FAILED', 'Half an answer', 'Hm.', NULL, '[]', NULL, 'PROVIDER_ERROR', 'It broke.', '[{"failure": {"code": "PROVIDER_ERROR", "message": "It broke."}, "modelId": "openai/gpt-4.1-mini", "startedAt": "2026-11-28T21:15:46.617Z", "durationMs": 42}]', 12, 0, 0, 3, 2, true, 29, 52858, 13, 12, 43, '2026-11-28 21:15:46.616+00', '2026-11-28 21:15:46.675+00', NULL, NULL, false, DEFAULT, NULL, NULL);
INSERT INTO public.response VALUES ('01a22403-9ee6-76ab-bab5-317f7b1b6072', '01a22403-9ee6-76ab-bab5-289b46719d6c', '01a22403-9ee6-76ab-bab5-2d84ca453170', '01a22403-95e7-763b-a311-b332f97bed67', 0, false, 'openai/gpt-4.1-mini', 'openai/gpt-4.1-mini', 'STOPPED', 'To be stopped', 'Thinking on. ', NULL, '[]', NULL, NULL, NULL, '[{"failure": null, "modelId": "openai/gpt-4.1-mini", "startedAt": "2026-11-28T21:15:46.794Z", "durationMs": 1574}]', 6, 0, 0, 3, 4, true, 13, 52848, 14, 11, 1574, '2026-11-28 21:15:46.793+00', '2026-11-28 21:15:48.39+00', NULL, NULL, false, DEFAULT, NULL, NULL);
INSERT INTO public.response VALUES ('01a22403-a69f-71e7-9fe3-da2a314fa9ac', '01a22403-9ee6-76ab-bab5-289b46719d6c', '01a22403-9ee6-76ab-bab5-2d84ca453170', '01a22403-95e7-763b-a311-b332f97bed67', 0, true, 'openai/gpt-4.1-mini', 'openai/gpt-4.1-mini', 'COMPLETED', 'To be stopped and gone on with.', 'Thinking on. ', NULL, '[]', 'STOP', NULL, NULL, '[{"failure": null, "modelId": "openai/gpt-4.1-mini", "startedAt": "2026-11-28T21:15:48.771Z", "durationMs": 9}]', 68, 0, 0, 5, 0, true, 104, 52947, 36, 8, 9, '2026-11-28 21:15:48.769+00', '2026-11-28 21:15:48.794+00', NULL, NULL, false, DEFAULT, NULL, '01a22403-9ee6-76ab-bab5-317f7b1b6072');
INSERT INTO public.response VALUES ('01a22403-a80e-734b-9607-e411b4e42616', '01a22403-a80e-734b-9607-df4b71072679', '01a22403-a80e-734b-9607-e3fa98a5cf05', '01a22403-95e7-763b-a311-b332f97bed67', 0, false, 'openai/gpt-4.1-mini', 'openai/gpt-4.1-mini', 'STREAMING', '', '', NULL, '[]', NULL, NULL, NULL, '[]', NULL, NULL, NULL, NULL, NULL, NULL, 14, 52852, NULL, 34, NULL, '2026-11-28 21:15:49.139+00', NULL, '01a22403-8d8f-7506-86ba-fe274d93b424', '2026-11-28 21:15:56+00', false, DEFAULT, NULL, NULL);
INSERT INTO public.response VALUES ('01a22403-ae2a-76ad-8991-60b3cb686bc2', '01a22403-ae2a-76ad-8991-599d32b91132', '01a22403-ae2a-76ad-8991-5f9753508a01', '01a22403-95e7-763b-a311-b332f97bed67', 0, false, 'openai/gpt-4.1-mini', 'openai/gpt-4.1-mini', 'STREAMING', '', '', NULL, '[]', NULL, NULL, NULL, '[]', NULL, NULL, NULL, NULL, NULL, NULL, 15, 52852, NULL, NULL, NULL, '2026-11-28 21:15:50.702+00', NULL, '01a22403-8d8f-7506-86ba-fe274d93b424', '2026-11-28 21:15:56+00', false, DEFAULT, NULL, NULL);
INSERT INTO public.response_chunk VALUES ('01a22403-a80e-734b-9607-e411b4e42616', 'reasoning', 0, 'Still thinking. ');
INSERT INTO public.response_chunk VALUES ('01a22403-a80e-734b-9607-e411b4e42616', 'text', 0, 'Still writing');
INSERT INTO public.session VALUES ('01a22403-91c9-706e-948f-d8baf17d5431', '01a22403-9183-72aa-98c7-df1c49599e7c', 'Kb9SEPd8QM6yL7DkLMSYBjPmMLrSiblh', '2026-12-28 21:15:43.419+00', '127.0.0.1', 'node', '2026-11-28 21:15:43.42+00', '2026-11-28 21:15:43.42+00');
INSERT INTO public.session VALUES ('01a22403-95fe-773b-9315-c697b1c4d507', '01a22403-95e7-763b-a311-b332f97bed67', 'aWZWJ6Ul9697WwpYYFrFDvY2OSKToSRx', '2026-12-28 21:15:44.506+00', '127.0.0.1', 'node', '2026-11-28 21:15:44.507+00', '2026-11-28 21:15:44.507+00');
INSERT INTO public.turn VALUES ('01a22403-9705-7610-88d3-9c9042dd6d9c', '01a22403-9705-7610-88d3-a002181a925d', '01a22403-95e7-763b-a311-b332f97bed67', NULL, 0, 'What is it?', '{}', NULL, NULL, '2026-11-28 21:15:44.791+00', DEFAULT, NULL);
INSERT INTO public.turn VALUES ('01a22403-9c44-752a-8064-6480e268702d', '01a22403-9705-7610-88d3-a002181a925d', '01a22403-95e7-763b-a311-b332f97bed67', '01a22403-9705-7610-88d3-9c9042dd6d9c', 1, 'And again?', '{}', NULL, '01a22403-9c44-752a-8064-6ab3b473cb5f', '2026-11-28 21:15:46.118+00', DEFAULT, 0);
INSERT INTO public.turn VALUES ('01a22403-9d69-716c-972d-a10395be0fbd', '01a22403-9d69-716c-972d-a612234de7b3', '01a22403-95e7-763b-a311-b332f97bed67', NULL, 0, 'Fail at once', '{}', NULL, NULL, '2026-11-28 21:15:46.414+00', DEFAULT, NULL);
INSERT INTO public.turn VALUES ('01a22403-9e30-73f6-a289-ea04cb8d42d0', '01a22403-9d69-716c-972d-a612234de7b3', '01a22403-95e7-763b-a311-b332f97bed67', '01a22403-9d69-716c-972d-a10395be0fbd', 1, 'Break in the middle', '{}', NULL, NULL, '2026-11-28 21:15:46.615+00', DEFAULT, NULL);
INSERT INTO public.turn VALUES ('01a22403-9ee6-76ab-bab5-289b46719d6c', '01a22403-9ee6-76ab-bab5-2d84ca453170', '01a22403-95e7-763b-a311-b332f97bed67', NULL, 0, 'Stop me', '{}', NULL, NULL, '2026-11-28 21:15:46.792+00', DEFAULT, NULL);
INSERT INTO public.turn VALUES ('01a22403-a80e-734b-9607-df4b71072679', '01a22403-a80e-734b-9607-e3fa98a5cf05', '01a22403-95e7-763b-a311-b332f97bed67', NULL, 0, 'Die while writing', '{}', NULL, NULL, '2026-11-28 21:15:49.139+00', DEFAULT, NULL);
INSERT INTO public.turn VALUES ('01a22403-ae2a-76ad-8991-599d32b91132', '01a22403-ae2a-76ad-8991-5f9753508a01', '01a22403-95e7-763b-a311-b332f97bed67', NULL, 0, 'Die before a word', '{}', NULL, NULL, '2026-11-28 21:15:50.701+00', DEFAULT, NULL);
INSERT INTO public."user" VALUES ('01a22403-9183-72aa-98c7-df1c49599e7c', 'Ada', 'ada@example.org', false, NULL, 'ADMIN', 'FREE', false, '2026-11-28 21:15:43.36+00', '2026-11-28 21:15:43.36+00', 'OPEN', NULL);
INSERT INTO public."user" VALUES ('01a22403-95e7-763b-a311-b332f97bed67', 'Ben', 'ben@example.org', false, NULL, 'USER', 'FREE', false, '2026-11-28 21:15:44.486+00', '2026-11-28 21:15:44.486+00', 'OPEN', NULL);
SELECT pg_catalog.setval('public.audit_entry_id_seq', 1, false);
SELECT pg_catalog.setval('public.credit_entry_id_seq', 8, true);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_key_key UNIQUE (key);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.attempt_count
    ADD CONSTRAINT attempt_count_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.credit_account
    ADD CONSTRAINT credit_account_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.credit_entry
    ADD CONSTRAINT credit_entry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kysely_migration
    ADD CONSTRAINT kysely_migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.model_setting
    ADD CONSTRAINT model_setting_pkey PRIMARY KEY (model_id);
ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (response_id);
ALTER TABLE ONLY public.response_chunk
    ADD CONSTRAINT response_chunk_pkey PRIMARY KEY (response_id, part, start);
ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_token_key UNIQUE (token);
ALTER TABLE ONLY public.spent_idempotency_key
    ADD CONSTRAINT spent_idempotency_key_pkey PRIMARY KEY (user_id, key);
ALTER TABLE ONLY public.turn
    ADD CONSTRAINT turn_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.turn
    ADD CONSTRAINT turn_user_id_idempotency_key_key UNIQUE (user_id, idempotency_key);
ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_email_key UNIQUE (email);
ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.verification
    ADD CONSTRAINT verification_pkey PRIMARY KEY (id);
CREATE INDEX account_user_id_idx ON public.account USING btree (user_id);
CREATE INDEX api_key_user_id_idx ON public.api_key USING btree (user_id);
CREATE INDEX attempt_count_expire ON public.attempt_count USING btree (expire);
CREATE UNIQUE INDEX audit_entry_period ON public.audit_entry USING btree (target, action, period) WHERE (period IS NOT NULL);
CREATE INDEX conversation_user_active ON public.conversation USING btree (user_id, active_at DESC, id DESC);
CREATE UNIQUE INDEX credit_entry_charge ON public.credit_entry USING btree (response_id) WHERE (kind = 'CHARGE'::text);
CREATE INDEX credit_entry_user ON public.credit_entry USING btree (user_id, id DESC);
CREATE INDEX deleted_admission_user ON public.deleted_admission USING btree (user_id, admitted_at);
CREATE INDEX invitation_created ON public.invitation USING btree (created_at DESC, id DESC);
CREATE INDEX receipt_created ON public.receipt USING btree (created_at);
CREATE INDEX receipt_user_created ON public.receipt USING btree (user_id, created_at);
CREATE INDEX response_continues ON public.response USING btree (continues_id) WHERE (continues_id IS NOT NULL);
CREATE INDEX response_conversation ON public.response USING btree (conversation_id);
CREATE INDEX response_lease ON public.response USING btree (lease_until) WHERE (lease_until IS NOT NULL);
CREATE INDEX response_turn ON public.response USING btree (turn_id, lane, id);
CREATE INDEX response_user_folded ON public.response USING gin (user_id, folded public.gin_trgm_ops);
CREATE INDEX response_user_regenerated ON public.response USING btree (user_id, created_at) WHERE regenerated;
CREATE INDEX session_user_id_idx ON public.session USING btree (user_id);
CREATE INDEX turn_conversation ON public.turn USING btree (conversation_id, created_at DESC, id DESC);
CREATE INDEX turn_parent ON public.turn USING btree (parent_id);
CREATE INDEX turn_user_created ON public.turn USING btree (user_id, created_at);
CREATE INDEX turn_user_folded ON public.turn USING gin (user_id, folded public.gin_trgm_ops);
CREATE INDEX user_invitation ON public."user" USING btree (invitation_id) WHERE (invitation_id IS NOT NULL);
CREATE INDEX verification_identifier_idx ON public.verification USING btree (identifier);
CREATE CONSTRAINT TRIGGER credit_account_reconciles AFTER INSERT OR UPDATE OF balance ON public.credit_account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.credit_account_reconciles();
CREATE TRIGGER credit_entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.credit_entry FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER credit_entry_follows BEFORE INSERT ON public.credit_entry FOR EACH ROW EXECUTE FUNCTION public.credit_entry_follows();
CREATE CONSTRAINT TRIGGER credit_entry_reconciles AFTER INSERT ON public.credit_entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.credit_account_reconciles();
CREATE TRIGGER receipt_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.receipt FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER session_of_suspended BEFORE INSERT ON public.session FOR EACH ROW EXECUTE FUNCTION public.session_of_suspended();
CREATE TRIGGER user_first_is_admin BEFORE INSERT ON public."user" FOR EACH ROW EXECUTE FUNCTION public.user_first_is_admin();
CREATE TRIGGER user_is_admitted BEFORE INSERT ON public."user" FOR EACH ROW EXECUTE FUNCTION public.user_is_admitted();
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_user_id_fkey FOREIGN KEY (user_id) REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public."user"(id);
ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT conversation_user_id_fkey FOREIGN KEY (user_id) REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.credit_account
    ADD CONSTRAINT credit_account_user_id_fkey FOREIGN KEY (user_id) REFERENCES public."user"(id);
ALTER TABLE ONLY public.credit_entry
    ADD CONSTRAINT credit_entry_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.credit_account(user_id);
ALTER TABLE ONLY public.deleted_admission
    ADD CONSTRAINT deleted_admission_user_id_fkey FOREIGN KEY (user_id) REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_created_by_fkey FOREIGN KEY (created_by) REFERENCES public."user"(id);
ALTER TABLE ONLY public.receipt
    ADD CONSTRAINT receipt_user_id_fkey FOREIGN KEY (user_id) REFERENCES public."user"(id);
ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_continues_id_fkey FOREIGN KEY (continues_id) REFERENCES public.response(id);
ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversation(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES public.turn(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_user_id_fkey FOREIGN KEY (user_id) REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.spent_idempotency_key
    ADD CONSTRAINT spent_idempotency_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.turn
    ADD CONSTRAINT turn_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversation(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.turn
    ADD CONSTRAINT turn_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.turn(id) ON DELETE CASCADE;
ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES public.invitation(id);
