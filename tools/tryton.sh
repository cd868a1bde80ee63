#!/bin/sh
# Installs the real Tryton into .tryton, an environment of its own, and sets up the books in which tests bill. Needs the
# network; what is there already is kept.
set -eu
cd "$(dirname "$0")/.."
folder=.tryton
python=$folder/venv/bin/python
if [ ! -e $folder/ids.json ]; then
    rm -rf $folder
    .venv/bin/uv venv --quiet --python .venv/bin/python $folder/venv
    .venv/bin/uv pip install --quiet --python $python trytond==8.2.1 trytond-account-invoice==8.2.0 proteus==8.2.0
    mkdir $folder/db
    touch $folder/db/books.sqlite
    printf '[database]\nuri = sqlite://\npath = %s/db\n' "$PWD/$folder" >$folder/trytond.conf
    echo admin >$folder/password
    TRYTONPASSFILE=$folder/password $folder/venv/bin/trytond-admin -c $folder/trytond.conf -d books \
        --email admin@tryton.example -u account_invoice --activate-dependencies
    $python tools/tryton_books.py $folder/trytond.conf set-up >$folder/ids.new
    mv $folder/ids.new $folder/ids.json
fi
