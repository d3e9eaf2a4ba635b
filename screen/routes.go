package screen

import "net/http"

// route is one pattern of http.ServeMux and what answers it.
type route struct {
	pattern string
	do      func(*visit) error
	open    bool // without a session: it shows nothing of the state's affairs
}

// routes are those of every page, a function for each file.
func routes() []route {
	var all []route
	for _, part := range [][]route{
		dueRoutes(),
		calendarRoutes(),
		noteRoutes(),
		measureRoutes(),
		portfolioRoutes(),
		groupRoutes(),
		carryRoutes(),
		houseRoutes(),
		mapRoutes(),
		helpRoutes(),
		keyRoutes(),
		signRoutes(),
		choiceRoutes(),
		deskRoutes(),
		linesRoutes(),
		alertRoutes(),
		hoursRoutes(),
		procedureRoutes(),
		soundingRoutes(),
		liveRoutes(),
		noticeRoutes(),
		draftRoutes(),
		reviewRoutes(),
		shiftRoutes(),
		clarificationRoutes(),
		incidentRoutes(),
		visitsRoutes(),
		documentsRoutes(),
		tokenRoutes(),
		exerciseRoutes(),
		passkeyRoutes(),
		officerRoutes(),
		welcomeRoutes(),
		adoptRoutes(),
		joinRoutes(),
	} {
		all = append(all, part...)
	}
	return all
}

// handle answers a route: it finds language and session, reads a posted form,
// and turns an error into a page.
func (s *Site) handle(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		v := s.visit(w, req)
		err := v.enter(r.open)
		if err == nil {
			err = v.run(r.do)
		}
		if err != nil {
			v.fault(err)
		}
	})
}
