/** The page at the API's root: says what this is and where people go on, to whoever opens the URL; it shows no data. */
export const homePage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Rota</title></head>
<body>
<main>
<h1>Rota</h1>
<p>This is the Rota API. It rotates the AWS KMS keys that AWS cannot rotate by itself.</p>
<ul>
<li>Custodians: <code>rota plan alias/NAME</code>, <code>rota rotate alias/NAME --reason "..."</code></li>
<li>Approvers: <code>rota approvals</code>, <code>rota approve ID --reason "..."</code>, <code>rota reject ID --reason "..."</code></li>
<li>Auditors: <code>rota history ID</code>, <code>rota dossier get --all</code>, <code>rota dossier verify DIR</code></li>
</ul>
</main>
</body>
</html>
`;
