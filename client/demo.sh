#!/usr/bin/env bash
# `make demo`: the whole Lambda canary workshop, offline, told step by step. Every step is checked;
# the first one that does not do what it should ends the demo with a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

if [ "${1:-}" != inside ]; then
    exec build/coalmine exec --workshop --seed 7 -- "$root/client/demo.sh" inside
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
PATH="$root/build:$PATH"

bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
[ -t 1 ] || bold='' dim='' plain=''

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
tell() { printf '%s\n' "$*" | fmt -w 96; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# An argument as one would type it: in quotes where a shell would not take it as it is.
typed() {
    case $1 in
        *[!A-Za-z0-9%@:,./=_-]*) printf " '%s'" "${1//\'/\'\\\'\'}" ;;
        *) printf ' %s' "$1" ;;
    esac
}
show() {
    local argument
    printf '%s$' "$dim" >&2
    for argument; do typed "$argument" >&2; done
    printf '%s\n' "$plain" >&2
    "$@"
}

expect() { # expect NAME WANTED GOT
    [ "$2" = "$3" ] || fail "$1 should be '$2' and is '$3'"
}

say "1. A function, a version, an alias"
tell "myfunction is a Lambda function as the console makes it: node, index.mjs, \"Hello from Lambda!\"." \
     "Its code is \$LATEST: whatever was uploaded last. Users should never meet \$LATEST; they get an" \
     "alias, a name that points to a version, and a version is frozen when it is published."
show aws lambda get-function-configuration --function-name myfunction \
    --query '{Runtime:Runtime,Handler:Handler,Version:Version,CodeSize:CodeSize}' --output table
tell "The first deployment publishes version 1 and makes the alias."
show canary deploy --function myfunction --alias myalias
expect "the alias's version" 1 "$(aws lambda get-alias --function-name myfunction --name myalias \
    --query FunctionVersion --output text)"
show aws lambda invoke --function-name myfunction:myalias --query ExecutedVersion --output text out.json
cat out.json; echo
grep -q 'Hello from Lambda!' out.json || fail "version 1 should say hello"

say "2. A new package, from the one that runs"
tell "GetFunction gives a link to the package; change it, zip it again."
location=$(aws lambda get-function --function-name myfunction --query Code.Location --output text)
show curl -sSO "$location"
unzip -q myfunction-*
show sed -i 's/Hello from Lambda!/Hello from Lambda! v2/' index.mjs
show zip -q myfunction-v2.zip index.mjs

say "3. The canary: 10 % of the traffic to version 2"
tell "canary uploads the package, publishes version 2, asks it alone whether it is well, gives it 10 %" \
     "of the alias's traffic (UpdateAlias, AdditionalVersionWeights), sends requests, reads what" \
     "CloudWatch counted for the new version, and promotes it only if all of that is good."
show canary deploy --function myfunction --alias myalias --package myfunction-v2.zip \
    --weight 10% --duration 10s --rate 60/s
expect "the alias's version" 2 "$(aws lambda get-alias --function-name myfunction --name myalias \
    --query FunctionVersion --output text)"
expect "the alias's weights" None "$(aws lambda get-alias --function-name myfunction --name myalias \
    --query RoutingConfig --output text)"
tell "The same numbers with the AWS CLI. A canary must be read with all three dimensions:"
now=$(date +%s)
invocations=$(show aws cloudwatch get-metric-statistics --namespace AWS/Lambda \
    --metric-name Invocations --statistics Sum --period 60 \
    --dimensions Name=FunctionName,Value=myfunction Name=Resource,Value=myfunction:myalias \
                 Name=ExecutedVersion,Value=2 \
    --start-time "$(date -u -d "@$((now - 600))" +%FT%TZ)" \
    --end-time "$(date -u -d "@$((now + 60))" +%FT%TZ)" \
    --query 'sum(Datapoints[].Sum)' --output text)
echo "$invocations"
[ "${invocations%.*}" -ge 1 ] || fail "CloudWatch should have counted version 2"
aws lambda invoke --function-name myfunction:myalias out.json > /dev/null
grep -q 'v2' out.json || fail "the alias should answer with version 2"

say "4. A bad version: version 3 throws"
tell "The same command again, with a version that answers its first requests well and then throws:" \
     "the kind of bug that no quick look finds, and that a canary is for. It should take the traffic" \
     "back by itself."
cat > index.mjs << 'CODE'
let served = 0;
export const handler = async () => {
    if (++served > 8) throw new Error("version 3 has run out of something");
    return { statusCode: 200, body: JSON.stringify("Hello from Lambda! v3") };
};
CODE
show zip -q myfunction-v3.zip index.mjs
status=0
show canary deploy --function myfunction --alias myalias --package myfunction-v3.zip \
    --weight 10% --duration 10s --rate 60/s || status=$?
expect "canary's exit status (3 is: rolled back)" 3 "$status"
expect "the alias's version" 2 "$(aws lambda get-alias --function-name myfunction --name myalias \
    --query FunctionVersion --output text)"
expect "the alias's weights" None "$(aws lambda get-alias --function-name myfunction --name myalias \
    --query RoutingConfig --output text)"
show canary status --function myfunction --alias myalias

say "That was a canary deployment that worked, and one that was rolled back; nothing left this machine."
