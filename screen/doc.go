// Package screen is what officers see in a browser: pages rendered on the server,
// complete with scripts off, in every language that has a file in text/. It has no
// rules of its own: each page and each button calls verbs of control under the
// officer's session, so that a page, a posted form and a command obey the same rules
// and give the same reasons.
//
// It knows neither node nor desk, keeps nothing, and takes nothing from any other
// origin. Invariant: a request changes something only if it is a POST of the same
// origin with the token of the session's own forms; a page with content is shown
// under a session only and is never cached.
//
// # To add a page
//
//  1. A template page/NAME.html that begins with {{template "top" .}} and ends with
//     {{template "bottom" .}}; .Page is what the page shows, $ is the frame.
//  2. A file NAME.go with func NAMERoutes() []route, and its line in routes.go.
//  3. A handler func(v *visit) error: v.call asks a verb of control, v.show renders,
//     v.redirect answers a POST. An error returned becomes a page by itself.
//  4. Every word stands in text/en.txt and each other language: {{t "desk.title"}},
//     {{t "desk.count" "n" .N}}, {{word "state" .State}} for coded values.
//  5. What is the same in every language goes through {{ltr .Ref}} and {{at .Time}};
//     what another state wrote goes into an element with dir="auto".
//  6. A form that posts has {{template "token" $}}; a handler reads it by v.form.
//  7. Look at it at 320 px, in Russian, with scripts off, in the dark.
package screen
