package main

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/line/sip"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/web"
)

// Every field with the tag "setting" is a flag of the commands that embed its
// struct, FAXGATE_… in the environment, and a key of the TOML file under the name
// of the flag. The tag "secret" keeps its value off the screen. Groups are what a
// command needs together; each checks its own.

// fileSettings name the file of settings.
type fileSettings struct {
	Config string `setting:"" placeholder:"FILE"` // empty: no file
}

// storageSettings say where the data is.
type storageSettings struct {
	Data            string `setting:"" default:"./data" placeholder:"DIR"`
	DatabaseURL     string `setting:"" secret:"" placeholder:"URL"` // empty: SQLite in Data
	DatabaseURLFile string `setting:"" placeholder:"FILE"`
	MasterKeyFile   string `setting:"" placeholder:"FILE"` // empty: made in Data
}

// addressSettings say where the server listens and what it is called.
type addressSettings struct {
	Listen    string `setting:"" default:"127.0.0.1:8080" placeholder:"ADDRESS"`
	PublicURL string `setting:"" name:"public-url" placeholder:"URL"` // empty: made of Listen
	TLSCert   string `setting:"" name:"tls-cert" placeholder:"FILE"`  // empty: plain HTTP
	TLSKey    string `setting:"" name:"tls-key" placeholder:"FILE"`
}

// regionSettings are the defaults of new organizations.
type regionSettings struct {
	TimeZone string `setting:"" name:"timezone" placeholder:"ZONE"` // IANA name; empty: UTC
	Country  string `setting:"" placeholder:"COUNTRY"`              // ISO 3166-1 alpha-2; empty: none
}

// mailSettings say how mail leaves.
type mailSettings struct {
	SMTPURL     string `setting:"" secret:"" name:"smtp-url" placeholder:"URL"` // empty: no mail
	SMTPURLFile string `setting:"" name:"smtp-url-file" placeholder:"FILE"`
	MailFrom    string `setting:"" placeholder:"ADDRESS"` // needed with SMTPURL

	smtp notify.SMTP // what check makes of them
}

// hookSettings say what webhooks may reach.
type hookSettings struct {
	AllowPrivateTargets string `setting:"" default:"false" placeholder:"BOOL"`

	allowPrivate bool // what check makes of it
}

// lineSettings say how trunks are spoken to.
type lineSettings struct {
	SIPListen    string `setting:"" name:"sip-listen" default:":5060" placeholder:"ADDRESSES"`
	MediaPorts   string `setting:"" default:"10000-19999" placeholder:"PORTS"`
	MediaAddress string `setting:"" placeholder:"ADDRESS"` // empty: the one that packets to a trunk leave from

	// What check makes of them.
	signalling []sip.Endpoint
	ports      sip.Ports
	seenAs     netip.Addr
}

// serverSettings are for the running server alone.
type serverSettings struct {
	TrustedProxies    string `setting:"" placeholder:"ADDRESSES"`
	OwnerEmail        string `setting:"" placeholder:"ADDRESS"`
	OwnerPasswordFile string `setting:"" placeholder:"FILE"`
	LogLevel          string `setting:"" default:"info" placeholder:"LEVEL"`
	MetricsToken      string `setting:"" secret:"" placeholder:"TOKEN"` // empty: loopback only
	MetricsTokenFile  string `setting:"" placeholder:"FILE"`
	RateToken         string `setting:"" default:"0" placeholder:"N"`                 // calls a minute; 0: no limit
	RateAPI           string `setting:"" default:"0" placeholder:"N" name:"rate-api"` // calls a minute; 0: no limit

	// What check makes of the texts.
	proxies            web.Proxies
	logLevel           slog.Level
	rateToken, rateAPI int
}

// check also takes in the files that hold secrets.
func (s *storageSettings) check() error {
	if err := fromFile("database-url", &s.DatabaseURL, s.DatabaseURLFile); err != nil {
		return err
	}
	if s.DatabaseURL == "" {
		return nil
	}
	u, err := url.Parse(s.DatabaseURL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" && u.Path == "" {
		return fault.New(fault.Invalid, "setting_database_url").At("database-url")
	}
	if s.MasterKeyFile == "" {
		return fault.New(fault.Invalid, "setting_master_key_missing").At("master-key-file")
	}
	return nil
}

func (s *addressSettings) check() error {
	if _, port, err := net.SplitHostPort(s.Listen); err != nil || !isPort(port) {
		return fault.New(fault.Invalid, "setting_listen", "value", s.Listen).At("listen")
	}
	if s.TLSCert != "" && s.TLSKey == "" {
		return fault.New(fault.Invalid, "setting_tls_pair").At("tls-key")
	}
	if s.TLSCert == "" && s.TLSKey != "" {
		return fault.New(fault.Invalid, "setting_tls_pair").At("tls-cert")
	}
	if s.PublicURL == "" {
		return nil
	}
	normal, ok := normalizeOrigin(s.PublicURL)
	if !ok {
		return fault.New(fault.Invalid, "setting_public_url", "value", s.PublicURL).At("public-url")
	}
	s.PublicURL = normal
	return nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// normalizeOrigin writes a URL without a path as browsers write an origin, so that
// the two can be compared (RFC 6454 6.2).
func normalizeOrigin(text string) (string, bool) {
	u, err := url.Parse(strings.ToLower(strings.TrimSuffix(text, "/")))
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	if *u != (url.URL{Scheme: u.Scheme, Host: u.Host}) || u.Port() == "" && strings.HasSuffix(u.Host, ":") {
		return "", false
	}
	if u.Scheme == "http" && u.Port() == "80" || u.Scheme == "https" && u.Port() == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return u.String(), true
}

// publicURL is what people and programs call the server: without a slash at the
// end. bound is the address of the open socket, which knows the port where the
// setting leaves it to chance; nil: there is none.
func (s *addressSettings) publicURL(bound net.Addr) string {
	listen := s.Listen
	if bound != nil && strings.HasSuffix(listen, ":0") {
		listen = bound.String()
	}
	if s.PublicURL != "" {
		return s.PublicURL
	}
	scheme := "http://"
	if s.TLSCert != "" {
		scheme = "https://"
	}
	if origin, ok := normalizeOrigin(scheme + listen); ok {
		return origin
	}
	return scheme + listen
}

// loopback reports whether only this machine can reach the address to listen at.
func (s *addressSettings) loopback() bool {
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (s *regionSettings) check() error {
	if auth.CheckTimeZone(s.TimeZone) != nil {
		return fault.New(fault.Invalid, "setting_time_zone", "value", s.TimeZone).At("timezone")
	}
	s.Country = strings.ToUpper(s.Country)
	if auth.CheckCountry(s.Country) != nil {
		return fault.New(fault.Invalid, "setting_country", "value", s.Country).At("country")
	}
	return nil
}

func (s *mailSettings) check() (err error) {
	if err := fromFile("smtp-url", &s.SMTPURL, s.SMTPURLFile); err != nil {
		return err
	}
	if _, err := mail.ParseAddress(s.MailFrom); err != nil && (s.MailFrom != "" || s.SMTPURL != "") {
		return fault.New(fault.Invalid, "setting_mail_from", "value", s.MailFrom).At("mail-from")
	}
	if s.smtp, err = notify.ParseSMTP(s.SMTPURL, s.MailFrom); err != nil {
		return fault.New(fault.Invalid, "setting_smtp_url", "cause", err.Error()).At("smtp-url")
	}
	return nil
}

func (s *hookSettings) check() error {
	switch text := strings.ToLower(s.AllowPrivateTargets); text {
	case "true", "false":
		s.allowPrivate = text == "true"
		return nil
	}
	return fault.New(fault.Invalid, "setting_boolean", "value", s.AllowPrivateTargets).At("allow-private-targets")
}

func (s *lineSettings) check() (err error) {
	if s.signalling, err = sip.ParseEndpoints(s.SIPListen); err != nil {
		return fault.New(fault.Invalid, "setting_sip_listen", "value", s.SIPListen).At("sip-listen")
	}
	if s.ports, err = sip.ParsePorts(s.MediaPorts); err != nil {
		return fault.New(fault.Invalid, "setting_media_ports", "value", s.MediaPorts).At("media-ports")
	}
	if s.MediaAddress == "" {
		return nil
	}
	if s.seenAs, err = netip.ParseAddr(s.MediaAddress); err != nil || s.seenAs.IsUnspecified() {
		return fault.New(fault.Invalid, "setting_media_address", "value", s.MediaAddress).At("media-address")
	}
	return nil
}

// signallingWith is what the settings say of trunks. TLS has the certificate of the pages.
func (s *lineSettings) signallingWith(a *addressSettings) (server.Signalling, error) {
	how := server.Signalling{Listen: s.signalling, Ports: s.ports, Address: s.seenAs}
	if a.TLSCert == "" {
		return how, nil
	}
	pair, err := tls.LoadX509KeyPair(a.TLSCert, a.TLSKey)
	if err != nil {
		return how, fault.New(fault.Invalid, "tls_unusable", "cause", err.Error())
	}
	how.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	return how, nil
}

func (s *serverSettings) check() (err error) {
	if err := fromFile("metrics-token", &s.MetricsToken, s.MetricsTokenFile); err != nil {
		return err
	}
	if s.proxies, err = web.ParseProxies(s.TrustedProxies); err != nil {
		return fault.New(fault.Invalid, "setting_trusted_proxies", "value", s.TrustedProxies).At("trusted-proxies")
	}
	switch level := strings.ToLower(s.LogLevel); level {
	case "debug", "info", "warn", "error":
		_ = s.logLevel.UnmarshalText([]byte(level)) // one of slog's own names
	default:
		return fault.New(fault.Invalid, "setting_log_level", "value", s.LogLevel).At("log-level")
	}
	if s.rateToken, err = rate("rate-token", s.RateToken); err != nil {
		return err
	}
	s.rateAPI, err = rate("rate-api", s.RateAPI)
	return err
}

func rate(name, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 1_000_000_000 {
		return 0, fault.New(fault.Invalid, "setting_rate", "value", text).At(name)
	}
	return n, nil
}

// fromFile fills a setting whose value may stand in a file instead.
func fromFile(name string, value *string, path string) error {
	if path == "" {
		return nil
	}
	if *value != "" {
		return fault.New(fault.Invalid, "setting_twice", "other", environmentName(name)).At(name + "-file")
	}
	text, err := readSecret(path)
	if err != nil {
		return unreadable(path, err).At(name + "-file")
	}
	*value = text
	return nil
}
