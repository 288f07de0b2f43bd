#!/bin/sh
# Follows a stream with nothing but curl, to its end: one line of JSON for each event, each once.
url=$1
id_file=$(mktemp)
trap 'rm -f "$id_file"' EXIT

until_cut() {
    while IFS= read -r line; do
        case $line in
        "id: "*) id=${line#id: } ;;
        "event: "*) event=${line#event: } ;;
        "data: "*) data=${line#data: } ;;
        "")
            [ -z "$event" ] || printf '{"id":"%s","event":"%s","data":%s}\n' "$id" "$event" "$data"
            [ -z "$id" ] || echo "$id" >"$id_file"
            [ "$event" != end ] || return 0
            id='' event='' data=''
            ;;
        esac
    done
    return 1
}

while :; do
    last_id=$(cat "$id_file")
    curl -sN ${last_id:+-H "Last-Event-ID: $last_id"} "$url" | until_cut && break
    sleep 0.2
done
